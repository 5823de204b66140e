// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: var 'kept' is not concurrency-safe because it is nonisolated global shared mutable state
import BlockMQ

var kept: Request<Probe>? = nil // MISUSE
let kept = 0 // TWIN

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}
