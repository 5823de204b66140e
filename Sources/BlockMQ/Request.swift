// SPDX-License-Identifier: GPL-2.0-only
// A request in flight.
// C header: include/linux/blk-mq.h (struct request)

internal import CKernel
public import Block
public import Kernel

/// A request in flight, owned by whoever holds the value. Ending it consumes it, so it cannot be ended twice or
/// used afterwards. One that is dropped, on whatever path, completes with an I/O error at once.
///
/// Invariant: `raw` is a started `struct request` that has not completed, and which only this value stands for.
@safe @frozen
public struct Request<Driver: BlockDriver & ~Copyable>: ~Copyable, @unchecked Sendable, RequestView {
  @unsafe @usableFromInline let raw: UnsafeMutableRawPointer

  @unsafe @inline(__always)
  public var address: RequestAddress<Driver> {
    // SAFETY: the type's invariant.
    unsafe RequestAddress(raw)
  }

  @unsafe
  init(_ raw: UnsafeMutableRawPointer) {
    // INVARIANT: the caller started the request and gives up its own value of it.
    unsafe self.raw = raw
  }

  deinit {
    // SAFETY: the type's invariant.
    let request = unsafe raw.assumingMemoryBound(to: request.self)
    unsafe RequestLayout<Driver>.returnBudget(request)
    unsafe apus_request_end(request, BlockStatus.ioError.rawValue)
  }

  /// Gives up ownership: the request goes on elsewhere.
  @unsafe @inline(__always)
  consuming func take() -> UnsafeMutablePointer<request> {
    // SAFETY: the caller stands for the request from here on, as this value did.
    let pointer = unsafe pointer
    discard self
    return unsafe pointer
  }

  /// Completes the request. The corresponding C function is `blk_mq_end_request`.
  ///
  /// Context: any.
  @inline(__always)
  public consuming func end(_ status: BlockStatus) {
    // SAFETY: the type's invariant; the value is gone with this line, so this is the one completion.
    let request = unsafe take()
    unsafe RequestLayout<Driver>.returnBudget(request)
    unsafe apus_request_end(request, status.rawValue)
  }

  /// Completes the first bytes of the request, and gives it back with the others; nil if there are none, and it has completed.
  /// The corresponding C function is `blk_update_request`.
  ///
  /// - Parameters:
  ///   - status: how those bytes ended.
  ///   - byteCount: how many, in whole sectors of 512 bytes: what is left of the last one does not
  ///     count, nor do bytes beyond the end. Less than a sector completes nothing.
  ///
  /// Context: any.
  public consuming func end(_ status: BlockStatus, byteCount: Int) -> Request? {
    // (A request with a piece of a sector could not be sent on, nor told from one without.)
    let whole = min(byteCount, self.byteCount) & ~511
    guard byteCount > 0, whole > 0 || self.byteCount == 0 else { return self }
    let count = UInt32(truncatingIfNeeded: whole)
    // The last bytes: as `end`, for which a request without bytes (a flush) is also complete.
    guard count < self.byteCount else {
      end(status)
      return nil
    }
    // SAFETY: the type's invariant. Some bytes stay, so the request does too.
    let request = unsafe take()
    if unsafe apus_request_end_part(request, status.rawValue, count) { return unsafe Request(request) }
    return nil
  }

  /// Gives the request to the list of those that are to be offered again: the driver's `queue` gets it once more.
  /// The list is looked at now if `kick`, and else when somebody does: `RequestQueue.kickRequeueList()`.
  /// The corresponding C function is `blk_mq_requeue_request`.
  ///
  /// Context: any.
  public consuming func requeue(kick: Bool = true) {
    // SAFETY: the type's invariant; the block layer owns the request after this.
    let request = unsafe take()
    unsafe RequestLayout<Driver>.returnBudget(request)
    unsafe apus_request_requeue(request, kick)
  }

  /// Gives each piece of the request's memory to `body`, in the order of the sectors; none for a request
  /// without data. The segments of a write can only be read. The corresponding C macro is `rq_for_each_segment`.
  ///
  /// Throws what `body` throws, at once.
  @inline(__always)
  public borrowing func forEachSegment<Failure: Error>(
    _ body: (borrowing Segment) throws(Failure) -> Void
  ) throws(Failure) {
    // SAFETY: the type's invariant: the request's bios stay until it ends, which the borrow rules out.
    let isReadOnly = unsafe apus_request_is_write(pointer)
    var segments = unsafe apus_request_segments(pointer)
    var vector = unsafe bio_vec()
    while unsafe apus_segments_next(&segments, &vector) {
      guard let page = unsafe vector.bv_page else { continue }
      // SAFETY: as above; the vector was filled in just now. What is read into may be changed.
      try body(
        unsafe Segment(
          page: UnsafeMutableRawPointer(page), offset: Int(vector.bv_offset), byteCount: Int(vector.bv_len),
          isReadOnly: isReadOnly))
    }
  }
}

extension Request where Driver: CompleteOperation & ~Copyable {
  /// Has the driver's `complete` end the request, on the CPU that submitted it or one that shares its cache; at once if this is
  /// one, in softirq or by an interrupt otherwise. The corresponding C function is `blk_mq_complete_request`.
  ///
  /// Context: any.
  @inline(__always)
  public consuming func complete() {
    // (A driver that says it has the operation, and has it where the macro does not look, has no entry for it in its table.)
    guard Driver.traits.hasCompletion else { return }
    // SAFETY: the type's invariant; `complete` gets the one value of the request.
    unsafe apus_request_complete(take())
  }
}

extension Request where Driver: RequestTimerOperation & ~Copyable {
  /// Gives the request to its timer: the driver's `timerExpired` gets it after that long, unless somebody takes it back before:
  /// `LentRequest.takeFromTimer()`. The corresponding C function is `hrtimer_start`.
  ///
  /// Context: any.
  @inline(__always)
  public consuming func startTimer(_ delay: Nanoseconds) {
    // (As above: there would be no timer. The request ends with an I/O error.)
    guard Driver.traits.hasTimer else { return }
    // SAFETY: the type's invariant; the timer was initialised with the request's memory, and rests, since whoever holds a value
    // of the request is not the timer.
    unsafe apus_request_timer_start(take(), delay.count)
  }
}

extension LentRequest where Driver: RequestTimerOperation & ~Copyable {
  /// Takes the request from its timer, if it waits there: exactly one of this call, another such call and the timer's expiry gets
  /// it. Never waits. The corresponding C function is `hrtimer_try_to_cancel`.
  ///
  /// Context: any.
  public borrowing func takeFromTimer() -> Request<Driver>? {
    guard Driver.traits.hasTimer else { return nil }
    // SAFETY: the type's invariant: the memory stays. A timer that waits has the request's one value, and cancelling hands it on.
    return unsafe apus_request_timer_cancel(pointer) ? Request(raw) : nil
  }
}
