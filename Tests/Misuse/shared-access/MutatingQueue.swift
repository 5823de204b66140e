// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: does not conform to protocol 'BlockDriver'
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  mutating // MISUSE
  borrowing // TWIN
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.start().end(.ok)
    return .accepted
  }
}
