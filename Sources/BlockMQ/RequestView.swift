// SPDX-License-Identifier: GPL-2.0-only
// What can be read of a request, whoever owns it.
// C header: include/linux/blk-mq.h (struct request)

internal import CKernel
public import Block
internal import Kernel

/// The address of a request of a `Driver`'s tag set. Only the library makes one: so only its types are `RequestView`s.
///
/// Invariant: `raw` is a `struct request` of a `Driver`'s tag set.
@safe @frozen
public struct RequestAddress<Driver: BlockDriver & ~Copyable> {
  @usableFromInline let raw: UnsafeMutableRawPointer

  @unsafe @inline(__always)
  init(_ raw: UnsafeMutableRawPointer) {
    // INVARIANT: the caller owes it.
    unsafe self.raw = raw
  }
}

/// A request that can be read: queued, in flight, or lent by a callback.
///
/// Types of the library conform; a driver's could not make a `RequestAddress`.
///
/// Invariant of a conforming type: the request stays one as long as the value exists: owned by it, or kept by the block layer for
/// a callback.
public protocol RequestView<Driver>: ~Copyable, ~Escapable {
  associatedtype Driver: BlockDriver & ~Copyable

  /// The request.
  @unsafe var address: RequestAddress<Driver> { get }
}

extension RequestView where Self: ~Copyable & ~Escapable {
  @inline(__always)
  var pointer: UnsafeMutablePointer<request> {
    // SAFETY: the invariant of conforming types.
    unsafe address.raw.assumingMemoryBound(to: request.self)
  }

  /// What is asked for. The corresponding C function is `req_op`.
  @inline(__always)
  public var operation: Operation {
    // SAFETY: the invariant of conforming types.
    Operation(rawValue: unsafe apus_request_operation(pointer))
  }

  /// How it is asked for. The corresponding C field is `cmd_flags`.
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

  /// The number of bytes from the first sector on; 0 for a flush. The corresponding C function is `blk_rq_bytes`.
  @inline(__always)
  public var byteCount: Int {
    // SAFETY: the invariant of conforming types.
    Int(unsafe apus_request_bytes(pointer))
  }

  /// The request's number among those of its hardware queue that are in flight, less than the tag set's depth.
  @inline(__always)
  public var tag: Int {
    // SAFETY: the invariant of conforming types.
    Int(unsafe apus_request_tag(pointer))
  }

  /// How many segments of memory a device's scatter list needs. The corresponding C function is `blk_rq_nr_phys_segments`.
  @inline(__always)
  public var segmentCount: Int {
    // SAFETY: the invariant of conforming types.
    Int(unsafe apus_request_segment_count(pointer))
  }

  /// The CPU that submitted it. The corresponding C function is `blk_mq_rq_cpu`.
  @inline(__always)
  public var submittingCPU: Int {
    // SAFETY: the invariant of conforming types.
    Int(unsafe apus_request_cpu(pointer))
  }

  /// The priority that `ioprio_set` gave: class and level. The corresponding C function is `req_get_ioprio`.
  @inline(__always)
  public var priority: UInt16 {
    // SAFETY: the invariant of conforming types.
    UInt16(truncatingIfNeeded: unsafe apus_request_priority(pointer))
  }

  /// Whether the block layer's fault injection (io-timeout-fail) wants this request's completion to be forgotten.
  /// The corresponding C function is `blk_should_fake_timeout`.
  @inline(__always)
  public var shouldFakeTimeout: Bool {
    // SAFETY: the invariant of conforming types.
    unsafe apus_request_should_fake_timeout(pointer)
  }

  /// The driver's data of the request. It is only shared: the timeout's handler may read it while the owner does.
  public var data: Driver.RequestData {
    // SAFETY: initialised with the request's memory, by `BlockAdapter`.
    @inline(__always) _read { yield unsafe RequestLayout<Driver>.data(pointer).pointee }
  }

  /// The number of the hardware queue that it came through.
  @inline(__always)
  public var hardwareQueueIndex: Int {
    // SAFETY: the invariant of conforming types; a request has a hardware queue from the beginning.
    Int(unsafe apus_hardware_queue_index(apus_request_hardware_queue(pointer)))
  }

  /// Lends the hardware queue that it came through, or gives nil if the disk was taken from under its driver, with what the
  /// driver had there.
  ///
  /// Context: any; the body must not sleep.
  @inline(__always)
  public borrowing func withHardwareQueue<Result: ~Copyable, Failure: Error>(
    _ body: (borrowing HardwareQueue<Driver>) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    // SAFETY: a request's queue stays as long as the request does.
    guard unsafe apus_queue_enter(apus_request_queue(pointer)) else { return nil }
    // SAFETY: entered just now.
    defer { unsafe apus_queue_leave() }
    // SAFETY: the hardware queue stays as long as one of its requests does, and its data until those that entered have left.
    return try body(unsafe HardwareQueue(apus_request_hardware_queue(pointer)))
  }
}

/// A request that a callback lends: somebody else owns it, and may be ending it at this moment. It can be read, and looked for.
///
/// Invariant: that of `RequestView`; the block layer keeps the request's memory until the callback returns.
@safe
public struct LentRequest<Driver: BlockDriver & ~Copyable>: ~Copyable, ~Escapable, RequestView {
  @unsafe let raw: UnsafeMutableRawPointer

  @unsafe @inline(__always)
  public var address: RequestAddress<Driver> {
    // SAFETY: the type's invariant.
    unsafe RequestAddress(raw)
  }

  @unsafe @_lifetime(immortal)
  init(_ raw: UnsafeMutableRawPointer) {
    // INVARIANT: the adapter makes one for a callback, and lends it.
    unsafe self.raw = raw
  }

  /// Lends the hardware queue that it came through: as long as the callback lasts, the driver is there, and what it has there.
  @inline(__always)
  public borrowing func withHardwareQueue<Result: ~Copyable, Failure: Error>(
    _ body: (borrowing HardwareQueue<Driver>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: the queue stays as long as one of its requests does, and its data as long as the driver's callbacks.
    try body(unsafe HardwareQueue(apus_request_hardware_queue(pointer)))
  }
}

/// Where the driver's things lie within the driver's part of a request: timer, budget, data.
enum RequestLayout<Driver: BlockDriver & ~Copyable> {
  @inline(__always)
  static var budgetOffset: Int { Driver.traits.hasTimer ? Int(APUS_REQUEST_TIMER_SIZE) : 0 }

  @inline(__always)
  static var dataOffset: Int { budgetOffset &+ (Driver.traits.hasBudget ? 8 : 0) }

  @inline(__always)
  static var size: Int { dataOffset &+ MemoryLayout<Driver.RequestData>.size }

  /// The address of the data.
  @inline(__always) @unsafe
  static func data(_ request: UnsafeMutablePointer<request>) -> UnsafeMutablePointer<Driver.RequestData> {
    // SAFETY: the tag set was made with `size` bytes for it.
    unsafe (apus_request_data(request) + dataOffset).assumingMemoryBound(to: Driver.RequestData.self)
  }

  /// The address of the budget's token.
  @inline(__always) @unsafe
  static func budget(_ request: UnsafeMutablePointer<request>) -> UnsafeMutablePointer<Int32> {
    // SAFETY: as above.
    unsafe (apus_request_data(request) + budgetOffset).assumingMemoryBound(to: Int32.self)
  }

  /// Returns the request's budget to the driver: it is about to leave it. (Nothing for a driver without budgets.)
  @inline(__always) @unsafe
  static func returnBudget(_ request: UnsafeMutablePointer<request>) {
    guard Driver.traits.hasBudget else { return }
    // SAFETY: the caller owns the request, whose queue's `queuedata` is the driver; it stays as long as one of its requests.
    guard let driver = unsafe apus_request_queuedata(request)?.assumingMemoryBound(to: Driver.self) else { return }
    // SAFETY: as above; the token was put there when the budget was taken. To the block layer, -1 says that it was returned:
    // it would return the budgets of requests that were refused.
    let token = unsafe budget(request).pointee
    unsafe budget(request).pointee = -1
    if token >= 0 { unsafe DriverCell.around(driver).pointee.returnBudget(token, of: apus_request_queue(request)) }
  }
}
