// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'request' consumed more than once
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }

  func queueBatch(_ batch: borrowing QueueBatch<Self>) {
    while let request = batch.next() {
      batch.giveBack(request)
      request.start().end(.ok) // MISUSE
      // TWIN
    }
  }
}
