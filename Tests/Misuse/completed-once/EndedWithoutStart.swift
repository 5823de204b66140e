// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: has no member 'end'
// EXPECT: cannot infer contextual base in reference to member 'ok'
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.end(.ok) // MISUSE
    request.start().end(.ok) // TWIN
    return .accepted
  }
}
