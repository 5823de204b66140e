// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: stored property 'list' of 'Sendable'-conforming struct 'Probe' has non-Sendable type 'RigidArray<Int>'
import BlockMQ
import Kernel

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  let list: RigidArray<Int> // MISUSE
  let list: SpinLock<RigidArray<Int>> // TWIN

  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.start().end(.ok)
    return .accepted
  }
}
