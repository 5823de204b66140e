// SPDX-License-Identifier: GPL-2.0-only
// The table of callbacks that is passed to the kernel.
// C header: include/linux/blk-mq.h (struct blk_mq_ops)

/// The C table of a driver's operations, with the layout of `struct blk_mq_ops` (asserted in
/// CKernel/block.h). Operations that a driver does not implement are null.
///
/// Written by the macro `@BlockDriver` as constant data inside the driver's type; a driver does not
/// use it. A driver cannot make the value without `unsafe`, and the table of another driver has
/// another type.
@safe
public struct OperationsTable<Driver: BlockDriver & ~Copyable> {
  // (Not optional: the block layer never passes null here.)

  /// Takes a request, from a `struct blk_mq_queue_data`; returns a `blk_status_t`. The
  /// corresponding C callback is `queue_rq`.
  public typealias QueueRequest = @convention(c) (OpaquePointer, UnsafeRawPointer) -> UInt8
  /// Is called with a `struct blk_mq_hw_ctx`. The corresponding C callback is `commit_rqs`.
  public typealias OnHardwareQueue = @convention(c) (OpaquePointer?) -> Void
  /// Is called with the list of requests of `queue_rqs`, or with the tag set of `map_queues`.
  public typealias OnList = @convention(c) (UnsafeMutableRawPointer?) -> Void
  /// Returns a budget token, or a negative number. The corresponding C callbacks are `get_budget`,
  /// which takes a request queue, and `get_rq_budget_token`, which takes a request.
  public typealias GetBudget = @convention(c) (UnsafeMutableRawPointer?) -> Int32
  /// Takes a budget token. The corresponding C callbacks are `put_budget`, with a request queue,
  /// and `set_rq_budget_token`, with a request.
  public typealias PutBudget = @convention(c) (UnsafeMutableRawPointer?, Int32) -> Void
  /// Is called with a `struct request`. The corresponding C callbacks are `complete` and
  /// `cleanup_rq`.
  public typealias OnRequest = @convention(c) (UnsafeMutableRawPointer?) -> Void
  /// Is called with a request that exceeded its timeout; returns an `enum blk_eh_timer_return`. The
  /// corresponding C callback is `timeout`.
  public typealias Timeout = @convention(c) (UnsafeMutableRawPointer?) -> UInt32
  /// Looks for completions of a hardware queue, with a `struct io_comp_batch` or null; returns the
  /// number found. The corresponding C callback is `poll`.
  public typealias Poll = @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> Int32
  /// Is called with a hardware queue, the `driver_data` of the tag set and the index of the queue;
  /// returns 0 or a negative error. The corresponding C callback is `init_hctx`.
  public typealias InitializeHardwareQueue =
    @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?, UInt32) -> Int32
  /// Is called with a hardware queue and its index. The corresponding C callback is `exit_hctx`.
  public typealias ExitHardwareQueue = @convention(c) (OpaquePointer?, UInt32) -> Void
  /// Is called with a tag set, a request, the index of its hardware queue and a NUMA node; returns
  /// 0 or a negative error. The corresponding C callback is `init_request`.
  public typealias InitializeRequest =
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, UInt32, UInt32
    ) -> Int32
  /// Is called with a tag set, a request and the index of its hardware queue. The corresponding C
  /// callback is `exit_request`.
  public typealias ExitRequest =
    @convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, UInt32) -> Void
  /// Returns whether a request queue is busy. The corresponding C callback is `busy`.
  public typealias IsBusy = @convention(c) (UnsafeMutableRawPointer?) -> Bool
  /// Writes about a request to a `struct seq_file`. The corresponding C callback is `show_rq`.
  public typealias Show =
    @convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?) -> Void

  /// The callbacks, in C's order.
  @unsafe
  struct Entries {
    var queueRequest: QueueRequest?
    var commitRequests: OnHardwareQueue?
    var queueRequests: OnList?
    var getBudget: GetBudget?
    var putBudget: PutBudget?
    var setBudgetToken: PutBudget?
    var getBudgetToken: GetBudget?
    var timeout: Timeout?
    var poll: Poll?
    var complete: OnRequest?
    var initializeHardwareQueue: InitializeHardwareQueue?
    var exitHardwareQueue: ExitHardwareQueue?
    var initializeRequest: InitializeRequest?
    var exitRequest: ExitRequest?
    var cleanUpRequest: OnRequest?
    var busy: IsBusy?
    var mapQueues: OnList?
    var showRequest: Show?
  }

  let entries: Entries

  /// The entries keep the contracts of their callbacks: see `BlockAdapter`.
  @unsafe @inline(__always)
  public init(
    queueRequest: @escaping QueueRequest, commitRequests: OnHardwareQueue? = nil,
    queueRequests: OnList? = nil,
    getBudget: GetBudget? = nil, putBudget: PutBudget? = nil, setBudgetToken: PutBudget? = nil,
    getBudgetToken: GetBudget? = nil, timeout: Timeout? = nil, poll: Poll? = nil,
    complete: OnRequest? = nil,
    initializeHardwareQueue: InitializeHardwareQueue? = nil,
    exitHardwareQueue: ExitHardwareQueue? = nil,
    initializeRequest: InitializeRequest? = nil, exitRequest: ExitRequest? = nil,
    cleanUpRequest: OnRequest? = nil,
    busy: IsBusy? = nil, mapQueues: OnList? = nil, showRequest: Show? = nil
  ) {
    // INVARIANT: the caller's closures keep the contracts.
    unsafe entries = Entries(
      queueRequest: queueRequest, commitRequests: commitRequests, queueRequests: queueRequests,
      getBudget: getBudget, putBudget: putBudget, setBudgetToken: setBudgetToken,
      getBudgetToken: getBudgetToken, timeout: timeout, poll: poll, complete: complete,
      initializeHardwareQueue: initializeHardwareQueue, exitHardwareQueue: exitHardwareQueue,
      initializeRequest: initializeRequest, exitRequest: exitRequest,
      cleanUpRequest: cleanUpRequest, busy: busy, mapQueues: mapQueues, showRequest: showRequest)
  }
}
