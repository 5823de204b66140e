// SPDX-License-Identifier: GPL-2.0-only
// The optional operations of a driver besides `queue`: the driver implements the methods in the
// body of its type.
// C header: include/linux/blk-mq.h (struct blk_mq_ops)

public import Kernel

/// A driver that starts its device once for several requests. The corresponding C callback is
/// `commit_rqs`.
public protocol CommitOperation: BlockDriver, ~Copyable {
  /// The driver should start the device now. The block layer announced further requests (`isLast`
  /// was false), but will not send them.
  ///
  /// Context: as `queue`.
  borrowing func commit(_ queue: borrowing HardwareQueue<Self>)
}

/// A driver that takes requests in batches. The corresponding C callback is `queue_rqs`.
public protocol QueueBatchOperation: BlockDriver, ~Copyable {
  /// Takes requests from the batch. Requests that the driver does not take, or gives back, come
  /// through `queue`.
  ///
  /// Context: as `queue`.
  borrowing func queueBatch(_ batch: borrowing QueueBatch<Self>)
}

/// A driver that limits the number of dispatched requests by a budget of its own.
///
/// A request carries its token from `takeBudget` on. The library returns the token when the request
/// is ended, requeued or refused, so each budget is returned exactly once.
///
/// The corresponding C callbacks are `get_budget`, `put_budget`, `set_rq_budget_token` and
/// `get_rq_budget_token`.
public protocol BudgetOperations: BlockDriver, ~Copyable {
  /// Returns a budget token (0 or more), or nil if none is available.
  ///
  /// After nil, the library runs the queue again when the next budget has been returned. If no
  /// budget is taken, it runs the queue again some milliseconds later.
  ///
  /// Context: as `queue`.
  borrowing func takeBudget() -> Int32?

  /// Takes back the budget of a token.
  ///
  /// Context: any, as where requests are ended.
  borrowing func returnBudget(_ token: Int32)
}

/// A driver that handles requests that take too long. The corresponding C callback is `timeout`.
public protocol TimeoutOperation: BlockDriver, ~Copyable {
  /// A started request has exceeded its timeout. The request is only borrowed: its owner may be
  /// ending it concurrently. To end it here, take it from where the driver keeps it: a
  /// `RequestTable`, a `RequestList`, or its timer.
  ///
  /// Context: process context; may sleep. Never concurrently for two requests of a queue.
  borrowing func timeOut(_ request: borrowing BorrowedRequest<Self>) -> TimeoutAction
}

/// What the block layer does next with a request that has exceeded its timeout.
public enum TimeoutAction: Sendable {
  /// Nothing: the driver has ended the request, or will. The corresponding C constant is
  /// `BLK_EH_DONE`.
  case done

  /// Start the timeout again. The corresponding C constant is `BLK_EH_RESET_TIMER`.
  case wait
}

/// A driver that supports polling for completions. The corresponding C callback is `poll`.
public protocol PollOperation: BlockDriver, ~Copyable {
  /// Looks for completions of a hardware queue and ends their requests, in the batch or
  /// individually. Returns the number of completions found.
  ///
  /// Context: process context, within an RCU read-side critical section: must not sleep. May run
  /// concurrently on several CPUs, also for the same hardware queue.
  borrowing func poll(_ queue: borrowing HardwareQueue<Self>, _ batch: borrowing CompletionBatch)
    -> Int
}

/// A driver that ends requests in softirq context, on the CPU that submitted them. The
/// corresponding C callback is `complete`.
public protocol CompleteOperation: BlockDriver, ~Copyable {
  /// Ends a request for which `Request.complete()` was called.
  ///
  /// Context: softirq, hard interrupt, or the context that called `Request.complete()`; within an
  /// RCU read-side critical section: must not sleep.
  borrowing func complete(_ request: consuming Request<Self>)
}

/// A driver that keeps data with each hardware queue of a disk. The corresponding C callbacks are
/// `init_hctx` and `exit_hctx`.
public protocol HardwareQueueDataOperation: BlockDriver, ~Copyable {
  /// Makes the data of a new hardware queue. The data ends with the hardware queue. A change of the
  /// number of hardware queues makes and ends only the data of those that come and go.
  ///
  /// Throws: any error; the disk is not made then, or the number of hardware queues does not
  /// change. The block layer reports it as `outOfMemory`.
  /// Context: may sleep.
  static func makeHardwareQueueData(
    _ tagSetData: borrowing TagSetData, hardwareQueue: Int, node: NUMANode
  ) throws(Errno) -> HardwareQueueData
}

/// A driver that keeps data with each request. The corresponding C callbacks are `init_request` and
/// `exit_request`.
public protocol RequestDataOperation: BlockDriver, ~Copyable {
  /// Makes the data of a new request, which the tag set or an I/O scheduler allocates. The data
  /// ends with the request's memory, not when the request completes.
  ///
  /// Throws: any error; the tag set or the disk is not made then, the scheduler is not set, or the
  /// number of hardware queues does not change. The block layer reports it as `outOfMemory`.
  /// Context: may sleep.
  static func makeRequestData(
    _ tagSetData: borrowing TagSetData, hardwareQueue: Int, node: NUMANode
  ) throws(Errno) -> RequestData
}

/// A driver whose requests have a timer. `Request.startTimer(_:)` passes the request to its timer.
public protocol RequestTimerOperation: BlockDriver, ~Copyable {
  /// A request's timer has expired; the driver owns the request again.
  ///
  /// Context: hard interrupt; must not sleep.
  borrowing func timerExpired(_ request: consuming Request<Self>)
}

/// A driver that releases resources of a request that did not complete. The corresponding C
/// callback is `cleanup_rq`.
public protocol CleanUpOperation: BlockDriver, ~Copyable {
  /// The request returns to the stacked driver above (such as dm-multipath) without having
  /// completed.
  ///
  /// Context: any; must not sleep.
  borrowing func cleanUp(_ request: borrowing BorrowedRequest<Self>)
}

/// A driver that says whether it is busy. The corresponding C callback is `busy`.
public protocol BusyOperation: BlockDriver, ~Copyable {
  /// Whether a stacked driver (dm-multipath) should hold back its requests for now.
  ///
  /// Context: any; must not sleep.
  borrowing func isBusy() -> Bool
}

/// A driver that decides which CPU uses which hardware queue. The corresponding C callback is
/// `map_queues`.
public protocol MapQueuesOperation: BlockDriver, ~Copyable {
  /// Distributes the hardware queues among their kinds.
  ///
  /// Context: may sleep.
  static func mapQueues(_ maps: borrowing QueueMaps, _ tagSetData: borrowing TagSetData)
}

/// A driver that adds to what debugfs shows of a request. The corresponding C callback is
/// `show_rq`.
public protocol ShowOperation: BlockDriver, ~Copyable {
  /// Writes up to 256 bytes about a request, which may be in flight. Not called for a request on
  /// the requeue list, because debugfs holds the lock of that list then.
  ///
  /// Context: process context, within an RCU read-side critical section: must not sleep.
  borrowing func show(_ request: borrowing BorrowedRequest<Self>, _ writer: inout TextWriter)
}
