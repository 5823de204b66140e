// SPDX-License-Identifier: GPL-2.0-only
// The operations that a driver may have besides `queue`: by implementing the methods in the body of its type.
// C header: include/linux/blk-mq.h (struct blk_mq_ops)

public import Kernel

/// A driver that starts its device once for several requests. The corresponding C callback is `commit_rqs`.
public protocol CommitOperation: BlockDriver, ~Copyable {
  /// The device is to be started now: a request was announced that does not come, and `isLast` was not seen.
  ///
  /// Context: as `queue`.
  borrowing func commit(_ queue: borrowing HardwareQueue<Self>)
}

/// A driver that takes many requests at once. The corresponding C callback is `queue_rqs`.
public protocol QueueBatchOperation: BlockDriver, ~Copyable {
  /// Takes requests out of the batch; those that are not taken, or given back, come through `queue`.
  ///
  /// Context: as `queue`.
  borrowing func queueBatch(_ batch: borrowing QueueBatch<Self>)
}

/// A driver that limits the requests that are dispatched to it by a budget of its own.
///
/// A request carries the token from `takeBudget` on, and the library returns it when the request has been ended, requeued or
/// refused; so each budget is returned exactly once.
///
/// The corresponding C callbacks are `get_budget`, `put_budget`, `set_rq_budget_token` and `get_rq_budget_token`.
public protocol BudgetOperations: BlockDriver, ~Copyable {
  /// Takes a budget, of which there is none now if the answer is nil; a token is 0 at least. After nil the library has the queue run
  /// again when the next budget was returned, or some milliseconds later if none is out.
  ///
  /// Context: as `queue`.
  borrowing func takeBudget() -> Int32?

  /// A budget is no longer needed.
  ///
  /// Context: any, as where requests are ended.
  borrowing func returnBudget(_ token: Int32)
}

/// A driver that does something about requests that take too long. The corresponding C callback is `timeout`.
public protocol TimeoutOperation: BlockDriver, ~Copyable {
  /// A request that was started has taken as long as it may. It is only lent: whoever owns it may be ending it at this very moment.
  /// To end it here, take it from where the driver keeps it: a `RequestTable`, a `RequestList`, or its timer.
  ///
  /// Context: process context; may sleep. Not for two requests of a queue at once.
  borrowing func timeOut(_ request: borrowing LentRequest<Self>) -> TimeoutAction
}

/// What the block layer does next about a request that has taken too long.
public enum TimeoutAction: Sendable {
  /// Nothing: it has been ended, or will be. The corresponding C constant is `BLK_EH_DONE`.
  case done

  /// Wait as long once more. The corresponding C constant is `BLK_EH_RESET_TIMER`.
  case wait
}

/// A driver that can be asked whether something has completed. The corresponding C callback is `poll`.
public protocol PollOperation: BlockDriver, ~Copyable {
  /// Looks for completions of a hardware queue and ends their requests, in the batch or by themselves; answers how many there were.
  ///
  /// Context: process context, under RCU: must not sleep. On several CPUs at once, also for one queue.
  borrowing func poll(_ queue: borrowing HardwareQueue<Self>, _ batch: borrowing CompletionBatch) -> Int
}

/// A driver that ends requests in softirq, on the CPU that submitted them. The corresponding C callback is `complete`.
public protocol CompleteOperation: BlockDriver, ~Copyable {
  /// Ends a request that was given to `Request.complete()`.
  ///
  /// Context: softirq, hard interrupt, or where `Request.complete()` was called, under RCU: must not sleep.
  borrowing func complete(_ request: consuming Request<Self>)
}

/// A driver that keeps data with each hardware queue of a disk. The corresponding C callbacks are `init_hctx` and `exit_hctx`.
public protocol HardwareQueueDataOperation: BlockDriver, ~Copyable {
  /// The data of a new hardware queue. It ends with the queue.
  ///
  /// Throws: anything: the disk is not made, or the number of queues not changed. The block layer makes `outOfMemory` of it.
  /// Context: may sleep.
  static func makeHardwareQueueData(
    _ tagSetData: borrowing TagSetData, hardwareQueue: Int, node: NUMANode
  ) throws(Errno) -> HardwareQueueData
}

/// A driver that keeps data with each request. The corresponding C callbacks are `init_request` and `exit_request`.
public protocol RequestDataOperation: BlockDriver, ~Copyable {
  /// The data of a new request, which the tag set or an I/O scheduler allocates. It ends with the request's memory, not when the
  /// request completes.
  ///
  /// Throws: anything: the tag set is not made, or the scheduler not set. The block layer makes `outOfMemory` of it.
  /// Context: may sleep.
  static func makeRequestData(
    _ tagSetData: borrowing TagSetData, hardwareQueue: Int, node: NUMANode
  ) throws(Errno) -> RequestData
}

/// A driver whose requests carry a timer: `Request.startTimer(_:)` gives the request to it.
public protocol RequestTimerOperation: BlockDriver, ~Copyable {
  /// A request's timer has expired, and the request is the driver's again.
  ///
  /// Context: hard interrupt; must not sleep.
  borrowing func timerExpired(_ request: consuming Request<Self>)
}

/// A driver that releases what belongs to a request that was not completed. The corresponding C callback is `cleanup_rq`.
public protocol CleanUpOperation: BlockDriver, ~Copyable {
  /// The request goes back to where it was stacked on (dm-multipath does so), without having completed.
  ///
  /// Context: any; must not sleep.
  borrowing func cleanUp(_ request: borrowing LentRequest<Self>)
}

/// A driver that says whether it is busy. The corresponding C callback is `busy`.
public protocol BusyOperation: BlockDriver, ~Copyable {
  /// Whether a stacked driver (dm-multipath) had better wait.
  ///
  /// Context: any; must not sleep.
  borrowing func isBusy() -> Bool
}

/// A driver that decides which CPU uses which hardware queue. The corresponding C callback is `map_queues`.
public protocol MapQueuesOperation: BlockDriver, ~Copyable {
  /// Distributes the hardware queues over their kinds.
  ///
  /// Context: may sleep.
  static func mapQueues(_ maps: borrowing QueueMaps, _ tagSetData: borrowing TagSetData)
}

/// A driver that adds to what debugfs shows of a request. The corresponding C callback is `show_rq`.
public protocol ShowOperation: BlockDriver, ~Copyable {
  /// Writes about a request that may be under way; 256 bytes at most. Not called for one in the list of requeued requests, whose lock is
  /// held then.
  ///
  /// Context: process context, under RCU: must not sleep.
  borrowing func show(_ request: borrowing LentRequest<Self>, _ writer: inout TextWriter)
}
