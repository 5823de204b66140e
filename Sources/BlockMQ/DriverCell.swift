// SPDX-License-Identifier: GPL-2.0-only
// The memory of a disk's driver, and the library's counters beside it: budgets taken, and whether
// one was missing.
// C header: include/linux/blk-mq.h (get_budget, put_budget)

internal import CKernel
internal import Kernel
internal import Synchronization

/// A disk's driver and the library's state for it. The address of the cell is the address of the
/// driver, and the queue's `queuedata`.
///
/// On its own, the block layer does not retry a request that got no budget
/// (`blk_mq_do_dispatch_ctx`). So a caller that gets no budget sets a flag and then checks the
/// number of budgets taken. A caller that returns a budget decrements that number and then checks
/// the flag. One of them sees the other's change, so the queue runs again.
struct DriverCell<Driver: BlockDriver & ~Copyable>: ~Copyable {
  // The first field, so that it has the address of the cell.
  let driver: Driver
  private let budgetsOut = Atomic<Int>(0)
  private let isBudgetMissed = Atomic<Bool>(false)

  /// The delay, in milliseconds, after which the queue runs again if no budget was taken that could
  /// be returned: as `BLK_MQ_BUDGET_DELAY`.
  private static var delay: UInt32 { 3 }

  init(_ driver: consuming Driver) { self.driver = driver }

  /// Counts a budget that the driver gave.
  @inline(__always)
  borrowing func budgetWasTaken() { budgetsOut.wrappingAdd(1, ordering: .relaxed) }

  /// Notes that the driver had no budget.
  @inline(never) @unsafe
  borrowing func budgetWasMissing(_ queue: UnsafeMutablePointer<request_queue>) {
    _ = isBudgetMissed.exchange(true, ordering: .sequentiallyConsistent)
    // SAFETY: the caller keeps the queue alive; any context is allowed.
    if budgetsOut.load(ordering: .sequentiallyConsistent) <= 0 {
      unsafe apus_queue_run(queue, Self.delay)
    }
  }

  /// Returns a budget to the driver.
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

/// What keeps the driver behind a queue alive during a callback.
///
/// The block layer makes these callbacks without a lock that the library could name. When a disk
/// ends, or is taken away from its driver, the library sets `queuedata` to null. It then waits for
/// all of these callbacks before the driver ends.
enum DriverKeeper {
  /// `queue_rq`, `queue_rqs`, `commit_rqs`, `get_budget` and `put_budget`: the block layer calls
  /// them within `blk_mq_run_dispatch_ops`, after checking that the queue is not quiesced. The end
  /// of the disk quiesces the queue.
  case dispatch
  /// `timeout`: the end of the disk waits for the timeout work (`blk_sync_queue`).
  case timeoutWork
  /// The timer of a request: it runs in a hard interrupt, for which an RCU grace period waits.
  case hardInterrupt
}

/// The only way from a queue to its driver: no other code takes the driver from `queuedata`. The
/// caller names what keeps the driver alive.
extension DriverCell where Driver: ~Copyable {
  /// Lends the driver's cell to `body` within an RCU read-side critical section. Returns nil if the
  /// driver is gone. The library waits for a grace period after it has set `queuedata` to null and
  /// before the driver ends.
  ///
  /// Context: any, with a queue that lives for the call; the body must not sleep.
  @inline(__always) @unsafe
  static func read<Result>(
    _ queue: UnsafeMutablePointer<request_queue>, _ body: (borrowing DriverCell) -> Result
  ) -> Result? {
    RCU.read {
      // SAFETY: the queue's `queuedata` is null or the cell, which lives for the critical section.
      guard let cell = unsafe apus_queue_driver(queue)?.assumingMemoryBound(to: DriverCell.self)
      else { return nil }
      return unsafe body(cell.pointee)
    }
  }

  /// Returns the driver's cell, or nil if the driver is gone, within a callback for which `keeper`
  /// keeps the driver alive.
  @inline(__always) @unsafe
  static func kept(
    by keeper: DriverKeeper, _ queue: UnsafeMutablePointer<request_queue>
  ) -> UnsafeMutablePointer<DriverCell>? {
    // SAFETY: the queue's `queuedata` is null or the cell, which lives for the callback: see the
    // cases.
    unsafe apus_queue_driver(queue)?.assumingMemoryBound(to: DriverCell.self)
  }
}
