// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'batch' is borrowed and cannot be consumed
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }

  func queueBatch(_ batch: borrowing QueueBatch<Self>) {
    let kept = batch; _ = kept.next() // MISUSE
    _ = batch.next() // TWIN
  }
}
