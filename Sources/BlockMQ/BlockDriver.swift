// SPDX-License-Identifier: GPL-2.0-only
// The protocol of a block driver.
// C header: include/linux/blk-mq.h

public import Kernel

/// The driver of a blk-mq block device: one value for each disk, made by the driver and owned by
/// its `Disk`.
///
/// Attach `@BlockDriver` to the type; the macro writes the C table of operations. Every driver
/// implements `queue`. The other operations are optional (BlockDriver+Operations.swift,
/// BlockDriver+Disk.swift): a driver has one if it implements it in the body of its type.
///
/// The rules of the subsystem, and what enforces them:
/// - `queue` runs on many CPUs concurrently, so the driver is only borrowed: state that it changes
///   is behind a lock or an atomic. (The types enforce it.)
/// - `queue` must not sleep, unless the tag set was made with `maySleep`. (The debug kernel reports
///   it.)
/// - A request belongs to the owner of its value. It completes exactly once: when the owner ends
///   it, or with an I/O error when the value ends otherwise. (The types enforce it.)
/// - The removal of a disk waits for the requests in flight, and the driver's value ends after
///   that. (`Disk` enforces it, and documents the exception after a timeout.)
public protocol BlockDriver: ~Copyable, Sendable {
  /// The driver's data of each request, made and ended with the request: see `makeRequestData`.
  associatedtype RequestData: ~Copyable & Sendable = NoData

  /// The driver's data of each hardware queue of a disk: see `makeHardwareQueueData`.
  associatedtype HardwareQueueData: ~Copyable & Sendable = NoData

  /// The driver's data of a disk, which lives until no process has the disk open: see
  /// `makeDiskData`.
  associatedtype DiskData: ~Copyable & Sendable = NoData

  /// The driver's data of a tag set, passed to `TagSet` when it is made.
  associatedtype TagSetData: ~Copyable & Sendable = NoData

  /// The information that comes with a request.
  typealias QueueContext = DispatchContext<Self>

  /// Takes a request to carry out.
  ///
  /// The driver owns the request from here on: it ends the request now or later, or gives it back
  /// with `request.refused()`.
  ///
  /// The corresponding C callback is `queue_rq`.
  ///
  /// Context: process context; atomic unless the tag set says `maySleep`. Runs on many CPUs
  /// concurrently.
  borrowing func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext)
    -> QueueResult<
      Self
    >

  /// Takes back the budget of a token; a requirement of `BudgetOperations`. Other drivers have an
  /// empty default.
  borrowing func returnBudget(_ token: Int32)

  /// A request's timer has expired; a requirement of `RequestTimerOperation`. Never called for
  /// other drivers.
  borrowing func timerExpired(_ request: consuming Request<Self>)

  /// Makes the data of a request; a requirement of `RequestDataOperation`. Other drivers have a
  /// default without data.
  static func makeRequestData(
    _ tagSetData: borrowing TagSetData, hardwareQueue: Int, node: NUMANode
  ) throws(Errno) -> RequestData

  /// The C table, written by `@BlockDriver`.
  @unsafe static var operationsTable: UnsafePointer<OperationsTable<Self>> { get }

  /// The C table of the disk's own operations, or nil for a driver without any; written by
  /// `@BlockDriver`.
  @unsafe static var diskOperationsTable: UnsafeMutablePointer<DiskOperationsTable<Self>>? { get }

  /// The properties of the driver that the library uses at compile time; written by `@BlockDriver`.
  static var traits: DriverTraits<Self> { get }
}

extension BlockDriver where Self: ~Copyable {
  /// No table: the default for a driver without operations of the disk.
  @unsafe @inline(__always)
  public static var diskOperationsTable: UnsafeMutablePointer<DiskOperationsTable<Self>>? { nil }

  /// Does nothing: the default for a driver without budgets.
  @inline(__always)
  public borrowing func returnBudget(_ token: Int32) {}

  /// Drops the request, which then completes with an I/O error. Never called, as a driver without a
  /// timer starts none.
  @inline(__always)
  public borrowing func timerExpired(_ request: consuming Request<Self>) {}
}

extension BlockDriver where Self: ~Copyable, RequestData == NoData {
  /// Returns the empty data: the default for a driver without data of a request. Never throws.
  @inline(__always)
  public static func makeRequestData(
    _ tagSetData: borrowing TagSetData, hardwareQueue: Int, node: NUMANode
  ) throws(Errno) -> NoData {
    NoData()
  }
}

/// The data type of drivers without data.
public struct NoData: Sendable {
  /// Creates the value, which takes no memory.
  @inline(__always)
  public init() {}
}

/// The properties of a driver, besides its table, that change how the library handles its requests.
///
/// A driver cannot make the value without `unsafe`, and the traits of another driver have another
/// type. So the table and the traits come from the same macro.
public struct DriverTraits<Driver: BlockDriver & ~Copyable>: Sendable {
  /// Whether requests carry a budget.
  let hasBudget: Bool

  /// Whether requests carry a timer.
  let hasTimer: Bool

  /// Whether requests carry data of the driver's.
  let hasRequestData: Bool

  /// Whether the table has `complete`.
  let hasCompletion: Bool

  /// Written by the macro, from the same declarations as the table.
  @unsafe @inline(__always)
  public init(hasBudget: Bool, hasTimer: Bool, hasRequestData: Bool, hasCompletion: Bool) {
    self.hasBudget = hasBudget
    self.hasRequestData = hasRequestData
    self.hasTimer = hasTimer
    self.hasCompletion = hasCompletion
  }
}

/// The information that came with a request; a driver uses the name `QueueContext`. It exists only
/// during the callback.
///
/// Invariant: `raw` is the `struct blk_mq_hw_ctx` that the request came through.
@safe
public struct DispatchContext<Driver: BlockDriver & ~Copyable>: ~Copyable, ~Escapable {
  /// Whether no further request follows immediately, so that a driver that batches should start the
  /// device now.
  public let isLast: Bool

  private let raw: OpaquePointer

  @unsafe @_lifetime(immortal)
  init(isLast: Bool, _ raw: OpaquePointer) {
    // INVARIANT: the adapter makes the value for the callback and lends it.
    self.isLast = isLast
    unsafe self.raw = raw
  }

  /// Lends the hardware queue that the request came through.
  @inline(__always)
  public borrowing func withHardwareQueue<Result: ~Copyable, Failure: Error>(
    _ body: (borrowing HardwareQueue<Driver>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: the type's invariant: the hardware queue lives for the callback.
    try body(unsafe HardwareQueue(raw))
  }
}

/// The result of `queue`: `.accepted`, `.refused(request)` or `.refusedUntilNextEnd(request)`. If
/// the result is dropped with a request in it, that request completes with an I/O error
/// immediately.
///
/// (Not an enum: a `switch` over an enum from another module has a trap for impossible values.)
@frozen
public struct QueueResult<Driver: BlockDriver & ~Copyable>: ~Copyable {
  @usableFromInline let request: QueuedRequest<Driver>?
  // The status for the block layer.
  @usableFromInline let status: BlockStatus

  @inline(__always)
  init(_ request: consuming QueuedRequest<Driver>?, _ status: BlockStatus) {
    self.request = request
    self.status = status
  }

  /// Returns the refused request, or nil if the driver accepted it.
  @inline(__always)
  consuming func refusedRequest() -> QueuedRequest<Driver>? { request }

  /// The driver took the request: it has ended it, or will.
  @inline(__always)
  public static var accepted: QueueResult { QueueResult(nil, .ok) }

  /// The driver cannot take the request now. The block layer keeps it and offers it again after a
  /// short delay. The corresponding C constant is `BLK_STS_RESOURCE`.
  @inline(__always)
  public static func refused(_ request: consuming QueuedRequest<Driver>) -> QueueResult {
    QueueResult(request, .resource)
  }

  /// The driver cannot take the request until an event of this device: the end of a request, or the
  /// start of a stopped queue. The block layer offers it again only then. The corresponding C
  /// constant is `BLK_STS_DEV_RESOURCE`.
  @inline(__always)
  public static func refusedUntilNextEnd(_ request: consuming QueuedRequest<Driver>) -> QueueResult
  {
    QueueResult(request, .deviceResource)
  }
}
