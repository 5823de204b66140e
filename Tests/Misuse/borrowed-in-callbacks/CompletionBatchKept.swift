// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'batch' is borrowed and cannot be consumed
import BlockMQ

func done(_ request: consuming Request<Probe>, _ batch: borrowing CompletionBatch) {
  let kept = batch; kept.end(request, .ok) // MISUSE
  batch.end(request, .ok) // TWIN
}

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}
