// SPDX-License-Identifier: GPL-2.0-only
// What a block driver is.
// C header: include/linux/blk-mq.h

public import Kernel

/// A driver of a blk-mq block device: one value a disk, made by the driver, owned by its `Disk`.
///
/// Attach `@BlockDriver` to the type; it writes the C table of operations. `queue` is the one operation that every driver has;
/// the others (BlockDriver+Operations.swift, BlockDriver+Disk.swift) a driver has by implementing them in its body.
///
/// The rules of the subsystem, and who keeps them:
/// - `queue` runs on many CPUs at once, so the driver is only borrowed: what it changes lies behind a lock or an
///   atomic. (The types keep it.)
/// - `queue` must not sleep, unless the tag set was made with `maySleep`. (The debug kernel reports it.)
/// - A request belongs to whoever holds the value. It completes exactly once: by being ended, or, with an I/O
///   error, where the value ends otherwise. (The types keep it.)
/// - A disk's removal waits for the requests in flight, and the driver's value ends after that. (`Disk` keeps it.)
public protocol BlockDriver: ~Copyable, Sendable {
  /// What each request carries for the driver, made with the request and ended with it: `makeRequestData`.
  associatedtype RequestData: ~Copyable & Sendable = NoData

  /// What each hardware queue of a disk carries for the driver: `makeHardwareQueueData`.
  associatedtype HardwareQueueData: ~Copyable & Sendable = NoData

  /// What a disk carries for the driver until nobody has it open any more: `makeDiskData`.
  associatedtype DiskData: ~Copyable & Sendable = NoData

  /// What a tag set carries for the driver: given to `TagSet` when it is made.
  associatedtype TagSetData: ~Copyable & Sendable = NoData

  /// What comes with a request.
  typealias QueueContext = DispatchContext<Self>

  /// Takes a request to carry out.
  ///
  /// Owns the request from here on: end it now or later, or give it back with `request.refused()`.
  ///
  /// The corresponding C callback is `queue_rq`.
  ///
  /// Context: process context; atomic unless the tag set says `maySleep`. On many CPUs at once.
  borrowing func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<
    Self
  >

  /// A budget is no longer needed; a requirement of `BudgetOperations`, and nothing for other drivers.
  borrowing func returnBudget(_ token: Int32)

  /// A request's timer has expired; a requirement of `RequestTimerOperation`, and never called for other drivers.
  borrowing func timerExpired(_ request: consuming Request<Self>)

  /// What a request carries; a requirement of `RequestDataOperation`, and nothing for other drivers.
  static func makeRequestData(
    _ tagSetData: borrowing TagSetData, hardwareQueue: Int, node: NUMANode
  ) throws(Errno) -> RequestData

  /// The C table; written by `@BlockDriver`.
  @unsafe static var operationsTable: UnsafePointer<OperationsTable<Self>> { get }

  /// The C table of the disk's own operations, or nil for a driver without; written by `@BlockDriver`.
  @unsafe static var diskOperationsTable: UnsafeMutablePointer<DiskOperationsTable<Self>>? { get }

  /// What the library has to know when it compiles for this driver; written by `@BlockDriver`.
  static var traits: DriverTraits<Self> { get }
}

extension BlockDriver where Self: ~Copyable {
  @unsafe @inline(__always)
  public static var diskOperationsTable: UnsafeMutablePointer<DiskOperationsTable<Self>>? { nil }

  @inline(__always)
  public borrowing func returnBudget(_ token: Int32) {}

  // (The request, if there were one, would end with an I/O error.)
  @inline(__always)
  public borrowing func timerExpired(_ request: consuming Request<Self>) {}
}

extension BlockDriver where Self: ~Copyable, RequestData == NoData {
  @inline(__always)
  public static func makeRequestData(
    _ tagSetData: borrowing TagSetData, hardwareQueue: Int, node: NUMANode
  ) throws(Errno) -> NoData {
    NoData()
  }
}

/// The type of data that there is none of.
public struct NoData: Sendable {
  @inline(__always)
  public init() {}
}

/// What a driver has, besides its table, that changes how the library handles its requests. It
/// cannot be made without `unsafe`, and
/// another driver's is of another type: the table and the traits are of one macro's making.
public struct DriverTraits<Driver: BlockDriver & ~Copyable>: Sendable {
  /// Whether requests carry a budget.
  let hasBudget: Bool

  /// Whether requests carry a timer.
  let hasTimer: Bool

  /// Whether the table has `complete`.
  let hasCompletion: Bool

  /// Written by the macro: as the table is.
  @unsafe @inline(__always)
  public init(hasBudget: Bool, hasTimer: Bool, hasCompletion: Bool) {
    self.hasBudget = hasBudget
    self.hasTimer = hasTimer
    self.hasCompletion = hasCompletion
  }
}

/// What came with a request besides the request: a driver says `QueueContext`. It exists only within the callback.
///
/// Invariant: `raw` is the `struct blk_mq_hw_ctx` that the request came through.
@safe
public struct DispatchContext<Driver: BlockDriver & ~Copyable>: ~Copyable, ~Escapable {
  /// Whether no further request follows at once, so that a driver that batches should start the device now.
  public let isLast: Bool

  private let raw: OpaquePointer

  @unsafe @_lifetime(immortal)
  init(isLast: Bool, _ raw: OpaquePointer) {
    // INVARIANT: the adapter makes one for the callback, and lends it.
    self.isLast = isLast
    unsafe self.raw = raw
  }

  /// Lends the hardware queue that the request came through.
  @inline(__always)
  public borrowing func withHardwareQueue<Result: ~Copyable, Failure: Error>(
    _ body: (borrowing HardwareQueue<Driver>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: the type's invariant: the queue stays for the callback.
    try body(unsafe HardwareQueue(raw))
  }
}

/// What became of a request that was given to `queue`: `.accepted`, `.refused(request)` or `.refusedUntilNextEnd(request)`. A request in a
/// result that is dropped completes with an I/O error at once.
///
/// (Not an enum: a `switch` over one that comes from elsewhere has a trap for values that cannot be.)
@frozen
public struct QueueResult<Driver: BlockDriver & ~Copyable>: ~Copyable {
  @usableFromInline let request: QueuedRequest<Driver>?
  // What the block layer is answered.
  @usableFromInline let status: BlockStatus

  @inline(__always)
  init(_ request: consuming QueuedRequest<Driver>?, _ status: BlockStatus) {
    self.request = request
    self.status = status
  }

  /// Gives the request that was refused, or nil if none was.
  @inline(__always)
  consuming func refusedRequest() -> QueuedRequest<Driver>? { request }

  /// The driver took it: it has been ended, or will be.
  @inline(__always)
  public static var accepted: QueueResult { QueueResult(nil, .ok) }

  /// The driver cannot take it now: the block layer keeps it and offers it again after a short while.
  /// The corresponding C constant is `BLK_STS_RESOURCE`.
  @inline(__always)
  public static func refused(_ request: consuming QueuedRequest<Driver>) -> QueueResult {
    QueueResult(request, .resource)
  }

  /// The driver cannot take it now, and something of this device's that is under way will let it: the end of a request,
  /// or a stopped queue that is started again. The block layer offers it again only then.
  /// The corresponding C constant is `BLK_STS_DEV_RESOURCE`.
  @inline(__always)
  public static func refusedUntilNextEnd(_ request: consuming QueuedRequest<Driver>) -> QueueResult {
    QueueResult(request, .deviceResource)
  }
}
