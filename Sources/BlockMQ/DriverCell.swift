// SPDX-License-Identifier: GPL-2.0-only
// A disk's driver in memory, and what the library keeps beside it: how many budgets are out, and whether one was missing.
// C header: include/linux/blk-mq.h (get_budget, put_budget)

internal import CKernel
internal import Synchronization

/// A disk's driver, and what the library keeps for it. The cell's address is the driver's, and the queue's `queuedata`.
///
/// The block layer does not come again by itself for a request whose budget was missing (`blk_mq_do_dispatch_ctx`). So whoever
/// finds none leaves a mark, then looks whether any is out; whoever returns one counts it, then looks for the mark. One of them sees
/// the other, so the queue runs again.
struct DriverCell<Driver: BlockDriver & ~Copyable>: ~Copyable {
  // First, so that it lies where the cell does.
  let driver: Driver
  private let budgetsOut = Atomic<Int>(0)
  private let isBudgetMissed = Atomic<Bool>(false)

  /// The time after which the queue runs again when no budget was out that could be returned, in milliseconds: as
  /// `BLK_MQ_BUDGET_DELAY`.
  private static var delay: UInt32 { 3 }

  init(_ driver: consuming Driver) { self.driver = driver }

  /// The cell that a driver lies in.
  @inline(__always) @unsafe
  static func around(_ driver: UnsafeMutablePointer<Driver>) -> UnsafeMutablePointer<DriverCell> {
    // SAFETY: the drivers of disks lie in cells, at their beginning.
    unsafe UnsafeMutableRawPointer(driver).assumingMemoryBound(to: DriverCell.self)
  }

  /// The driver gave a budget.
  @inline(__always)
  borrowing func budgetWasTaken() { budgetsOut.wrappingAdd(1, ordering: .relaxed) }

  /// The driver had none.
  @inline(never) @unsafe
  borrowing func budgetWasMissing(_ queue: UnsafeMutablePointer<request_queue>) {
    _ = isBudgetMissed.exchange(true, ordering: .sequentiallyConsistent)
    // SAFETY: the caller's queue; any context.
    if budgetsOut.load(ordering: .sequentiallyConsistent) <= 0 { unsafe apus_queue_run(queue, Self.delay) }
  }

  /// Gives a budget back to the driver.
  @inline(__always) @unsafe
  borrowing func returnBudget(_ token: Int32, of queue: UnsafeMutablePointer<request_queue>) {
    driver.returnBudget(token)
    budgetsOut.wrappingSubtract(1, ordering: .sequentiallyConsistent)
    guard isBudgetMissed.load(ordering: .sequentiallyConsistent),
      isBudgetMissed.exchange(false, ordering: .sequentiallyConsistent)
    else { return }
    // SAFETY: as above.
    unsafe apus_queue_run(queue, 0)
  }
}
