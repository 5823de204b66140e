// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: a driver that takes budgets returns them: 'returnBudget' is missing
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }

  func takeBudget() -> Int32? { 0 }
  // MISUSE
  func returnBudget(_ token: Int32) {} // TWIN
}
