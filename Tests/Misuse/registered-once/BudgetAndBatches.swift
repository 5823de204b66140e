// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: a driver with budgets cannot take batches
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }

  func takeBudget() -> Int32? { 0 }
  func returnBudget(_ token: Int32) {}
  func queueBatch(_ batch: borrowing QueueBatch<Self>) {} // MISUSE
  // TWIN
}
