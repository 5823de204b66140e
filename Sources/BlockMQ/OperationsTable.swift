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
  public typealias QueueRequest = @convention(c) (OpaquePointer, UnsafeRawPointer) -> UInt8
  public typealias OnHardwareQueue = @convention(c) (OpaquePointer?) -> Void
  public typealias OnList = @convention(c) (UnsafeMutableRawPointer?) -> Void
  public typealias GetBudget = @convention(c) (UnsafeMutableRawPointer?) -> Int32
  public typealias PutBudget = @convention(c) (UnsafeMutableRawPointer?, Int32) -> Void
  public typealias OnRequest = @convention(c) (UnsafeMutableRawPointer?) -> Void
  public typealias Timeout = @convention(c) (UnsafeMutableRawPointer?) -> UInt32
  public typealias Poll = @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> Int32
  public typealias InitializeHardwareQueue = @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?, UInt32) -> Int32
  public typealias ExitHardwareQueue = @convention(c) (OpaquePointer?, UInt32) -> Void
  public typealias InitializeRequest =
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, UInt32, UInt32
    ) -> Int32
  public typealias ExitRequest = @convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, UInt32) -> Void
  public typealias IsBusy = @convention(c) (UnsafeMutableRawPointer?) -> Bool
  public typealias Show = @convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?) -> Void

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

  /// The entries keep the contracts of their callbacks: see `BlockAdapter`.
  @unsafe @inline(__always)
  public init(
    queueRequest: @escaping QueueRequest, commitRequests: OnHardwareQueue? = nil, queueRequests: OnList? = nil,
    getBudget: GetBudget? = nil, putBudget: PutBudget? = nil, setBudgetToken: PutBudget? = nil,
    getBudgetToken: GetBudget? = nil, timeout: Timeout? = nil, poll: Poll? = nil, complete: OnRequest? = nil,
    initializeHardwareQueue: InitializeHardwareQueue? = nil, exitHardwareQueue: ExitHardwareQueue? = nil,
    initializeRequest: InitializeRequest? = nil, exitRequest: ExitRequest? = nil, cleanUpRequest: OnRequest? = nil,
    busy: IsBusy? = nil, mapQueues: OnList? = nil, showRequest: Show? = nil
  ) {
    // INVARIANT: the caller's closures keep the contracts.
    unsafe self.queueRequest = queueRequest
    unsafe self.commitRequests = commitRequests
    unsafe self.queueRequests = queueRequests
    unsafe self.getBudget = getBudget
    unsafe self.putBudget = putBudget
    unsafe self.setBudgetToken = setBudgetToken
    unsafe self.getBudgetToken = getBudgetToken
    unsafe self.timeout = timeout
    unsafe self.poll = poll
    unsafe self.complete = complete
    unsafe self.initializeHardwareQueue = initializeHardwareQueue
    unsafe self.exitHardwareQueue = exitHardwareQueue
    unsafe self.initializeRequest = initializeRequest
    unsafe self.exitRequest = exitRequest
    unsafe self.cleanUpRequest = cleanUpRequest
    unsafe self.busy = busy
    unsafe self.mapQueues = mapQueues
    unsafe self.showRequest = showRequest
  }
}
