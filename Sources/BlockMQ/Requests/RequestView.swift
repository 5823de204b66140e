// SPDX-License-Identifier: GPL-2.0-only
// The properties of a request that any of its users can read.
// C header: include/linux/blk-mq.h (struct request)

internal import CKernel
public import Block
internal import Kernel

/// The address of a request of a `Driver`'s tag set. Only the library can make one, so only its
/// types are `RequestView`s.
///
/// Invariant: `raw` is a `struct request` of a `Driver`'s tag set.
@safe @frozen
public struct RequestAddress<Driver: BlockDriver & ~Copyable> {
  @usableFromInline let raw: UnsafeMutableRawPointer

  @unsafe @inline(__always)
  init(_ raw: UnsafeMutableRawPointer) {
    // INVARIANT: the caller guarantees it.
    unsafe self.raw = raw
  }
}

/// A request that can be read: queued, in flight, or lent by a callback.
///
/// Only types of the library conform, because a driver cannot make a `RequestAddress`.
///
/// Invariant of a conforming type: the request stays valid as long as the value exists. Either the
/// value owns the request, or the block layer keeps it for a callback.
public protocol RequestView<Driver>: ~Copyable, ~Escapable {
  /// The driver of the tag set that the request belongs to.
  associatedtype Driver: BlockDriver & ~Copyable

  /// The address of the request.
  @unsafe var address: RequestAddress<Driver> { get }
}

extension RequestView where Self: ~Copyable & ~Escapable {
  @inline(__always)
  var pointer: UnsafeMutablePointer<request> {
    // SAFETY: the invariant of conforming types.
    unsafe address.raw.assumingMemoryBound(to: request.self)
  }

  /// The operation. The corresponding C function is `req_op`.
  @inline(__always)
  public var operation: Operation {
    // SAFETY: the invariant of conforming types.
    Operation(rawValue: unsafe apus_request_operation(pointer))
  }

  /// The flags of the operation. The corresponding C field is `cmd_flags`.
  @inline(__always)
  public var flags: OperationFlags {
    // SAFETY: the invariant of conforming types.
    OperationFlags(rawValue: unsafe apus_request_flags(pointer))
  }

  /// Whether a write must be durable when it completes. The corresponding C constant is `REQ_FUA`.
  @inline(__always)
  public var isForcedUnitAccess: Bool { flags.contains(.forcedUnitAccess) }

  /// The first sector. The corresponding C function is `blk_rq_pos`.
  @inline(__always)
  public var sector: Sector {
    // SAFETY: the invariant of conforming types.
    Sector(unsafe apus_request_sector(pointer))
  }

  /// The number of bytes from the first sector on; 0 for a flush. The corresponding C function is
  /// `blk_rq_bytes`.
  @inline(__always)
  public var byteCount: Int {
    // SAFETY: the invariant of conforming types.
    Int(unsafe apus_request_bytes(pointer))
  }

  /// The tag: the number of the request among the requests in flight of its hardware queue, less
  /// than the tag set's depth.
  @inline(__always)
  public var tag: Int {
    // SAFETY: the invariant of conforming types.
    Int(unsafe apus_request_tag(pointer))
  }

  /// The number of memory segments in a device's scatter list. The corresponding C function is
  /// `blk_rq_nr_phys_segments`.
  @inline(__always)
  public var segmentCount: Int {
    // SAFETY: the invariant of conforming types.
    Int(unsafe apus_request_segment_count(pointer))
  }

  /// The CPU that submitted the request. The corresponding C function is `blk_mq_rq_cpu`.
  @inline(__always)
  public var submittingCPU: Int {
    // SAFETY: the invariant of conforming types.
    Int(unsafe apus_request_cpu(pointer))
  }

  /// The I/O priority that `ioprio_set` sets: class and level. The corresponding C function is
  /// `req_get_ioprio`.
  @inline(__always)
  public var priority: UInt16 {
    // SAFETY: the invariant of conforming types.
    UInt16(truncatingIfNeeded: unsafe apus_request_priority(pointer))
  }

  /// Whether the block layer's fault injection (io-timeout-fail) asks the driver not to complete
  /// this request. The corresponding C function is `blk_should_fake_timeout`.
  @inline(__always)
  public var shouldFakeTimeout: Bool {
    // SAFETY: the invariant of conforming types.
    unsafe apus_request_should_fake_timeout(pointer)
  }

  /// The driver's data of the request. It is shared: the timeout handler may read it concurrently
  /// with the owner of the request.
  public var data: Driver.RequestData {
    // SAFETY: `BlockAdapter` initialized the data with the request's memory.
    @inline(__always) _read { yield unsafe RequestLayout<Driver>.data(pointer).pointee }
  }

  /// The number of the hardware queue that the request came through.
  @inline(__always)
  public var hardwareQueueIndex: Int {
    // SAFETY: the invariant of conforming types; a request always has a hardware queue.
    Int(unsafe apus_hardware_queue_index(apus_request_hardware_queue(pointer)))
  }

  /// Lends the hardware queue that the request came through. Returns nil if the disk was taken away
  /// from its driver, because the driver's data of the queue may have ended then.
  ///
  /// Context: any; the body must not sleep.
  @inline(__always)
  public borrowing func withHardwareQueue<Result: ~Copyable, Failure: Error>(
    _ body: (borrowing HardwareQueue<Driver>) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    // SAFETY: a request keeps its queue alive.
    guard unsafe apus_queue_enter(apus_request_queue(pointer)) else { return nil }
    // SAFETY: the queue was just entered.
    defer { unsafe apus_queue_leave() }
    // SAFETY: a request keeps its hardware queue alive. The data of the hardware queue stays until
    // the callers that entered the queue have left it.
    return try body(unsafe HardwareQueue(apus_request_hardware_queue(pointer)))
  }
}

/// A request that a callback lends. Another owner has it, and may be ending it concurrently. The
/// callback can read it, and look it up in a list or table.
///
/// Invariant: that of `RequestView`; the block layer keeps the request's memory until the callback
/// returns.
@safe
public struct BorrowedRequest<Driver: BlockDriver & ~Copyable>: ~Copyable, ~Escapable, RequestView {
  @unsafe let raw: UnsafeMutableRawPointer

  /// The address of the request, through which the library reads its properties.
  @unsafe @inline(__always)
  public var address: RequestAddress<Driver> {
    // SAFETY: the block layer keeps the request, which belongs to a `Driver`'s tag set, until the
    // callback returns.
    unsafe RequestAddress(raw)
  }

  @unsafe @_lifetime(immortal)
  init(_ raw: UnsafeMutableRawPointer) {
    // INVARIANT: the adapter makes the value for a callback and lends it.
    unsafe self.raw = raw
  }

  /// Lends the hardware queue that the request came through. The driver and its data of the queue
  /// stay as long as the callback lasts.
  @inline(__always)
  public borrowing func withHardwareQueue<Result: ~Copyable, Failure: Error>(
    _ body: (borrowing HardwareQueue<Driver>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: a request keeps its hardware queue alive, and the data of the hardware queue stays as
    // long as the driver's callbacks.
    try body(unsafe HardwareQueue(apus_request_hardware_queue(pointer)))
  }
}

/// The layout of the driver's part of a request: the timer, the budget token, the data, and the
/// link by which the end of a disk finds the data.
enum RequestLayout<Driver: BlockDriver & ~Copyable> {
  @inline(__always)
  static var budgetOffset: Int { Driver.traits.hasTimer ? Int(APUS_REQUEST_TIMER_SIZE) : 0 }

  @inline(__always)
  static var dataOffset: Int { budgetOffset &+ (Driver.traits.hasBudget ? 8 : 0) }

  /// Whether there is data. It may hold requests, and its makers may fail.
  @inline(__always)
  static var hasLink: Bool { Driver.traits.hasRequestData }

  @inline(__always)
  static var linkOffset: Int { (dataOffset &+ MemoryLayout<Driver.RequestData>.size &+ 7) & ~7 }

  @inline(__always)
  static var size: Int { hasLink ? linkOffset &+ Int(APUS_REQUEST_LINK_SIZE) : dataOffset }

  /// The address of the data.
  @inline(__always) @unsafe
  static func data(_ request: UnsafeMutablePointer<request>) -> UnsafeMutablePointer<
    Driver.RequestData
  > {
    // SAFETY: the tag set was made with `size` bytes for the driver's part.
    unsafe (apus_request_data(request) + dataOffset).assumingMemoryBound(
      to: Driver.RequestData.self)
  }

  /// The address of the budget token.
  @inline(__always) @unsafe
  static func budget(_ request: UnsafeMutablePointer<request>) -> UnsafeMutablePointer<Int32> {
    // SAFETY: as above.
    unsafe (apus_request_data(request) + budgetOffset).assumingMemoryBound(to: Int32.self)
  }

  /// Returns the budget of a request that is about to leave the driver. (Does nothing for a driver
  /// without budgets.)
  @inline(__always) @unsafe
  static func returnBudget(_ request: UnsafeMutablePointer<request>) {
    guard Driver.traits.hasBudget else { return }
    // SAFETY: the caller owns the request. The token -1 tells the block layer that the budget was
    // returned: for requests that were refused, the block layer would return it otherwise.
    let token = unsafe budget(request).pointee
    unsafe budget(request).pointee = -1
    guard token >= 0 else { return }
    // SAFETY: a request keeps its queue alive; without a driver there are no budgets.
    let queue = unsafe apus_request_queue(request)
    _ = unsafe DriverCell<Driver>.read(queue) { cell in unsafe cell.returnBudget(token, of: queue) }
  }
}
