// SPDX-License-Identifier: GPL-2.0-only
// apus_operations: a driver that takes requests in batches.

import BlockMQ
import Kernel
import Synchronization

@BlockDriver
struct BatchDevice: BlockDriver, ~Copyable {
  let counters: Shared<Counters>

  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext)
    -> QueueResult<Self>
  {
    count(counters.value.queue)
    count(counters.value.ended)
    if context.isLast { count(counters.value.last) }
    request.start().end(.ok)
    return .accepted
  }

  /// Ends the offered requests together, but returns every fourth one, and does not take those
  /// after the twelfth.
  func queueBatch(_ batch: borrowing QueueBatch<Self>) {
    count(counters.value.batch)
    CompletionBatch.with { completions in
      for number in 1...12 {
        guard let request = batch.next() else { return }
        if number % 4 == 0 {
          count(counters.value.givenBack)
          batch.giveBack(request)
        } else {
          count(counters.value.batched)
          count(counters.value.ended)
          completions.end(request.start(), .ok)
        }
      }
    }
  }

  func commit(_ queue: borrowing HardwareQueue<Self>) { count(counters.value.commit) }
}
