// SPDX-License-Identifier: GPL-2.0-only
// A request that is given back to its batch is the block layer's again.
// EXPECT: consumed more than once|used after consume
import BlockMQ
import Kernel

@BlockDriver
struct Batcher: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.start().end(.ok)
    return .accepted
  }

  func queueBatch(_ batch: borrowing QueueBatch<Self>) {
    while let request = batch.next() {
      batch.giveBack(request)
      request.start().end(.ok) // MISUSE
      // TWIN
    }
  }
}
