// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'request' consumed more than once
import BlockMQ

func done(_ request: consuming Request<Probe>, _ batch: borrowing CompletionBatch) {
  batch.end(request, .ok)
  request.end(.ok) // MISUSE
  // TWIN
}

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}
