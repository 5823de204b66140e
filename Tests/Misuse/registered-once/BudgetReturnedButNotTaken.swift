// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: a driver returns the budgets that it takes: 'takeBudget' is missing|type 'Probe' does not conform to protocol 'BudgetOperations'
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }

  // MISUSE
  func takeBudget() -> Int32? { 0 } // TWIN
  func returnBudget(_ token: Int32) {}
}
