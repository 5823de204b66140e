// SPDX-License-Identifier: GPL-2.0-only
// A disk's driver in memory, and what the library keeps beside it: how many budgets are out, and whether one was missing.
// C header: include/linux/blk-mq.h (get_budget, put_budget)

internal import CKernel
internal import Kernel
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

/// What keeps the driver behind a queue for as long as a callback runs that the block layer makes without a lock that we could name. A
/// disk that ends, or that is taken from under its driver, makes `queuedata` null, and then waits for all of them before the driver ends.
enum DriverKeeper {
  /// `queue_rq`, `queue_rqs`, `commit_rqs`, `get_budget` and `put_budget`: the block layer calls them within `blk_mq_run_dispatch_ops`,
  /// where it has seen that the queue is not quiesced; the disk's end quiesces it.
  case dispatch
  /// `timeout`: its work is waited for (`blk_sync_queue`).
  case timeoutWork
  /// The timer of a request: it runs in a hard interrupt, which a grace period of RCU waits for.
  case hardInterrupt
}

/// The one way from a queue to its driver: nothing else reads `queuedata`. Whoever asks says what keeps the driver.
extension DriverCell where Driver: ~Copyable {
  /// Lends the driver's cell, if the driver is not gone, to `body`, as a reader of RCU: a grace period is waited for between the moment when
  /// `queuedata` became null and the driver's end.
  ///
  /// Context: any, with a queue that stays for the call; the body must not sleep.
  @inline(__always) @unsafe
  static func read<Result>(
    _ queue: UnsafeMutablePointer<request_queue>, _ body: (borrowing DriverCell) -> Result
  ) -> Result? {
    RCU.read {
      // SAFETY: the queue's `queuedata` is null or the cell, which stays for the section.
      guard let cell = unsafe apus_queue_driver(queue)?.assumingMemoryBound(to: DriverCell.self) else { return nil }
      return unsafe body(cell.pointee)
    }
  }

  /// The driver's cell, if the driver is not gone, within a callback in which something else keeps it.
  @inline(__always) @unsafe
  static func kept(
    by keeper: DriverKeeper, _ queue: UnsafeMutablePointer<request_queue>
  ) -> UnsafeMutablePointer<DriverCell>? {
    // SAFETY: the queue's `queuedata` is null or the cell, which stays for the callback: see the cases.
    unsafe apus_queue_driver(queue)?.assumingMemoryBound(to: DriverCell.self)
  }
}
