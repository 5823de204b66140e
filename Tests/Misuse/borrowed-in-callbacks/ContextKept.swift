// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'context' is borrowed and cannot be consumed
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    let kept = context // MISUSE
    let kept = context.isLast // TWIN
    _ = kept.self
    return request.refused()
  }
}
