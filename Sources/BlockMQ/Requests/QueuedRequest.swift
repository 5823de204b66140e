// SPDX-License-Identifier: GPL-2.0-only
// A request that was offered to the driver and is not started yet.
// C header: include/linux/blk-mq.h (struct request)

internal import CKernel
public import Block

/// A request that is owned and not started.
///
/// Starting the request or giving it back consumes the value. If the value is dropped, the request
/// completes with an I/O error immediately.
///
/// Invariant: `raw` is a `struct request` that the block layer passed to `queue_rq` or `queue_rqs`.
/// It was not started since, and only this value owns it. `call` is the address of the
/// `struct blk_mq_queue_data` with which `queue_rq` was called, or null for a request of
/// `queue_rqs`; it is only compared.
///
/// ```swift
/// /// A device that executes one request at a time, like a floppy drive.
/// @BlockDriver
/// struct FloppyDevice: BlockDriver, ~Copyable {
///   private let current = SpinLockIRQ<Request<FloppyDevice>?>(nil)
///
///   func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext)
///     -> QueueResult<Self>
///   {
///     var offered = Optional(request)
///     current.withLock { current in
///       if current == nil, let request = offered.take() { current = request.start() }
///     }
///     // The drive is busy: the block layer offers the request again.
///     if let request = offered.take() { return request.refused() }
///     return .accepted
///   }
///
///   /// The drive's interrupt.
///   func driveEnded(_ status: BlockStatus) {
///     if let request = current.withLock({ current in current.take() }) { request.end(status) }
///   }
/// }
/// ```
@safe @frozen
public struct QueuedRequest<Driver: BlockDriver & ~Copyable>: ~Copyable, @unchecked Sendable,
  RequestView
{
  @unsafe @usableFromInline let raw: UnsafeMutableRawPointer
  @unsafe @usableFromInline let call: UnsafeRawPointer?

  /// The address of the request, through which the library reads its properties.
  @unsafe @inline(__always)
  public var address: RequestAddress<Driver> {
    // SAFETY: this value owns the request, which belongs to a `Driver`'s tag set.
    unsafe RequestAddress(raw)
  }

  @unsafe
  init(_ raw: UnsafeMutableRawPointer, offeredIn call: UnsafeRawPointer?) {
    // INVARIANT: the adapter has the request from the block layer and makes one value of it.
    unsafe self.raw = raw
    unsafe self.call = call
  }

  /// Whether this is the request that this call of `queue_rq` offered. A request that another call
  /// has offered again since then is not, although it has the same address: two concurrent calls
  /// have different stack addresses.
  @unsafe @inline(__always)
  borrowing func isOffer(of call: UnsafeRawPointer, _ request: UnsafeMutablePointer<request>)
    -> Bool
  {
    // SAFETY: the addresses are only compared.
    unsafe raw == UnsafeMutableRawPointer(request) && self.call == call
  }

  /// Gives up ownership; the block layer owns the request again.
  @unsafe @inline(__always)
  consuming func take() -> UnsafeMutableRawPointer {
    // SAFETY: the caller owns the request from here on, as this value did.
    let raw = unsafe raw
    discard self
    return unsafe raw
  }

  deinit {
    // SAFETY: the type's invariant. The block layer expects a request to be started before it ends.
    let request = unsafe raw.assumingMemoryBound(to: request.self)
    unsafe apus_request_start(request)
    unsafe RequestLayout<Driver>.returnBudget(request)
    unsafe apus_request_end(request, BlockStatus.ioError.rawValue)
  }

  /// Starts the request: from here on it counts as in flight, and its timeout runs. The
  /// corresponding C function is `blk_mq_start_request`.
  ///
  /// Context: any.
  @inline(__always)
  public consuming func start() -> Request<Driver> {
    // SAFETY: the type's invariant; the value below owns the request.
    let raw = unsafe take()
    unsafe apus_request_start(raw.assumingMemoryBound(to: request.self))
    // INVARIANT: the request was just started, and this value is gone.
    return unsafe Request(raw)
  }

  /// The result of `queue` if the driver cannot take the request now.
  @inline(__always)
  public consuming func refused() -> QueueResult<Driver> { .refused(self) }

  /// The result of `queue` if the driver cannot take the request until a request of this device
  /// ends or a stopped queue is started.
  @inline(__always)
  public consuming func refusedUntilNextEnd() -> QueueResult<Driver> { .refusedUntilNextEnd(self) }

  /// Puts the request on the requeue list, from which the block layer offers it again: now if
  /// `kick`, otherwise at the next `RequestQueue.kickRequeueList()`. The corresponding C function
  /// is `blk_mq_requeue_request`.
  ///
  /// Context: any.
  public consuming func requeue(kick: Bool = true) {
    // SAFETY: the type's invariant; the block layer owns the request after this.
    let request = unsafe take().assumingMemoryBound(to: request.self)
    unsafe RequestLayout<Driver>.returnBudget(request)
    unsafe apus_request_requeue(request, kick)
  }
}
