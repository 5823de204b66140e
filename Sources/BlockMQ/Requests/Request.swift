// SPDX-License-Identifier: GPL-2.0-only
// A request in flight.
// C header: include/linux/blk-mq.h (struct request)

internal import CKernel
public import Block
public import Kernel

/// A request in flight.
///
/// The owner of the value owns the request. Ending the request consumes the value, so a driver
/// cannot end it twice or use it afterwards. If the value is dropped, on any path, the request
/// completes with an I/O error immediately.
///
/// Invariant: `raw` is a started `struct request` that has not completed, and only this value owns
/// it.
///
/// ```swift
/// @BlockDriver
/// struct ROMDevice: BlockDriver, ~Copyable {
///   let contents: Pages<8>  // 1 MiB
///
///   func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext)
///     -> QueueResult<Self>
///   {
///     let request = request.start()
///     var offset = Int(truncatingIfNeeded: request.sector.count << Sector.shift)
///     do throws(Errno) {
///       guard request.operation == .read else { throw .notSupported }
///       try request.forEachSegment { segment throws(Errno) in
///         try contents.withBytes { bytes throws(Errno) in
///           try segment.write(at: 0, length: segment.byteCount, from: bytes, at: offset)
///         }
///         offset &+= segment.byteCount
///       }
///       request.end(.ok)
///     } catch { request.end(BlockStatus(error)) }
///     return .accepted
///   }
/// }
/// ```
@safe @frozen
public struct Request<Driver: BlockDriver & ~Copyable>: ~Copyable, @unchecked Sendable, RequestView
{
  @unsafe @usableFromInline let raw: UnsafeMutableRawPointer

  /// The address of the request, through which the library reads its properties.
  @unsafe @inline(__always)
  public var address: RequestAddress<Driver> {
    // SAFETY: this value owns the request, which belongs to a `Driver`'s tag set.
    unsafe RequestAddress(raw)
  }

  @unsafe
  init(_ raw: UnsafeMutableRawPointer) {
    // INVARIANT: the caller started the request and gives up its own value of it.
    unsafe self.raw = raw
  }

  deinit {
    // SAFETY: this value owns the request, which is started and has not completed; only this call
    // completes it.
    let request = unsafe raw.assumingMemoryBound(to: request.self)
    unsafe RequestLayout<Driver>.returnBudget(request)
    unsafe apus_request_end(request, BlockStatus.ioError.rawValue)
  }

  /// Gives up ownership; the caller continues with the request.
  @unsafe @inline(__always)
  consuming func take() -> UnsafeMutablePointer<request> {
    // SAFETY: the caller owns the request from here on, as this value did.
    let pointer = unsafe pointer
    discard self
    return unsafe pointer
  }

  /// Completes the request. The corresponding C function is `blk_mq_end_request`.
  ///
  /// Context: any.
  @inline(__always)
  public consuming func end(_ status: BlockStatus) {
    // SAFETY: the type's invariant; the value is gone after this line, so this is the only
    // completion.
    let request = unsafe take()
    unsafe RequestLayout<Driver>.returnBudget(request)
    unsafe apus_request_end(request, status.rawValue)
  }

  /// Completes the first bytes of the request, and returns the request with the remaining bytes.
  /// Returns nil if no bytes remain and the request has completed. The corresponding C function is
  /// `blk_update_request`.
  ///
  /// - Parameters:
  ///   - status: the status of those bytes.
  ///   - byteCount: how many, rounded down to whole sectors of 512 bytes; bytes beyond the end do
  ///     not count. Less than a sector completes nothing.
  ///
  /// Context: any.
  public consuming func end(_ status: BlockStatus, byteCount: Int) -> Request? {
    // (The rest must be whole sectors: a request with a partial sector could not be forwarded, nor
    // distinguished from one without.)
    let whole = min(byteCount, self.byteCount) & ~511
    guard byteCount > 0, whole > 0 || self.byteCount == 0 else { return self }
    let count = UInt32(truncatingIfNeeded: whole)
    // The last bytes: as `end`. A request without bytes (a flush) is also complete.
    guard count < self.byteCount else {
      end(status)
      return nil
    }
    // SAFETY: the type's invariant. Some bytes remain, so the request stays in flight.
    let request = unsafe take()
    if unsafe apus_request_end_part(request, status.rawValue, count) {
      return unsafe Request(request)
    }
    return nil
  }

  /// Puts the request on the requeue list, from which the block layer offers it to the driver's
  /// `queue` again: now if `kick`, otherwise at the next `RequestQueue.kickRequeueList()`. The
  /// corresponding C function is `blk_mq_requeue_request`.
  ///
  /// Context: any.
  public consuming func requeue(kick: Bool = true) {
    // SAFETY: the type's invariant; the block layer owns the request after this.
    let request = unsafe take()
    unsafe RequestLayout<Driver>.returnBudget(request)
    unsafe apus_request_requeue(request, kick)
  }

  /// Calls `body` for each segment of the request's memory, in the order of the sectors. A request
  /// without data has no segments. The segments of a write can only be read. The corresponding C
  /// macro is `rq_for_each_segment`.
  ///
  /// Throws what `body` throws, immediately.
  @inline(__always)
  public borrowing func forEachSegment<Failure: Error>(
    _ body: (borrowing Segment) throws(Failure) -> Void
  ) throws(Failure) {
    // SAFETY: the type's invariant: the request's bios stay until it ends, which the borrow
    // prevents.
    let isReadOnly = unsafe apus_request_is_write(pointer)
    var segments = unsafe apus_request_segments(pointer)
    var vector = unsafe bio_vec()
    while unsafe apus_segments_next(&segments, &vector) {
      guard let page = unsafe vector.bv_page else { continue }
      // SAFETY: as above; the vector was just filled in. Only memory of requests that are not
      // writes may be changed.
      try body(
        unsafe Segment(
          page: UnsafeMutableRawPointer(page), offset: Int(vector.bv_offset),
          byteCount: Int(vector.bv_len),
          isReadOnly: isReadOnly))
    }
  }
}

extension Request where Driver: CompleteOperation & ~Copyable {
  /// Has the driver's `complete` end the request, on the CPU that submitted it or on one that
  /// shares its cache. Calls `complete` immediately if this is such a CPU, and otherwise in softirq
  /// context or from an interrupt. The corresponding C function is `blk_mq_complete_request`.
  ///
  /// Context: any.
  @inline(__always)
  public consuming func complete() {
    // (A driver that conforms to the protocol but implements `complete` where the macro does not
    // look has no entry for it in its table. The request then ends with an I/O error.)
    guard Driver.traits.hasCompletion else { return }
    // SAFETY: the type's invariant; `complete` gets the only value of the request.
    unsafe apus_request_complete(take())
  }
}

extension Request where Driver: RequestTimerOperation & ~Copyable {
  /// Passes the request to its timer. The driver's `timerExpired` gets the request after `delay`,
  /// unless the driver takes it back before with `BorrowedRequest.takeFromTimer()`. The
  /// corresponding C function is `hrtimer_start`.
  ///
  /// Context: any.
  @inline(__always)
  public consuming func startTimer(_ delay: Nanoseconds) {
    // (As above: there would be no timer. The request ends with an I/O error.)
    guard Driver.traits.hasTimer else { return }
    // SAFETY: the type's invariant. The timer was initialized with the request's memory. It is not
    // armed: an armed timer owns the request, and here this value owns it.
    unsafe apus_request_timer_start(take(), delay.count)
  }
}

extension BorrowedRequest where Driver: RequestTimerOperation & ~Copyable {
  /// Takes the request from its timer, or returns nil if the timer does not have it. Exactly one of
  /// this call, a concurrent such call and the expiry of the timer gets the request. Never waits.
  /// The corresponding C function is `hrtimer_try_to_cancel`.
  ///
  /// Context: any.
  public borrowing func takeFromTimer() -> Request<Driver>? {
    guard Driver.traits.hasTimer else { return nil }
    // SAFETY: the type's invariant: the memory stays. An armed timer owns the only value of the
    // request, and cancelling transfers it to this call.
    return unsafe apus_request_timer_cancel(pointer) ? Request(raw) : nil
  }
}
