// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: stored property 'list' of 'Sendable'-conforming struct 'Probe' contains non-Sendable type 'LogMessage'
import BlockMQ
import Kernel

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  let list: RigidArray<LogMessage> // MISUSE
  let list: SpinLockIRQ<RigidArray<LogMessage>> // TWIN

  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.start().end(.ok)
    return .accepted
  }
}
