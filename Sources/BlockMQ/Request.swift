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
public struct Request<Driver: BlockDriver & ~Copyable>: ~Copyable, @unchecked Sendable {
  @usableFromInline let raw: UnsafeMutableRawPointer

  @unsafe
  init(_ raw: UnsafeMutableRawPointer) {
    // INVARIANT: the caller started the request and gives up its own value of it.
    unsafe self.raw = raw
  }

  deinit {
    // SAFETY: the type's invariant.
    unsafe apus_request_end(raw.assumingMemoryBound(to: request.self), BlockStatus.ioError.rawValue)
  }

  /// The request, as C knows it.
  @inline(__always)
  var pointer: UnsafeMutablePointer<request> {
    // SAFETY: the type's invariant.
    unsafe raw.assumingMemoryBound(to: request.self)
  }

  /// Completes the request. The corresponding C function is `blk_mq_end_request`.
  ///
  /// Context: any.
  @inline(__always)
  public consuming func end(_ status: BlockStatus) {
    // SAFETY: the type's invariant; the value is gone with the next line, so this is the one completion.
    let request = unsafe pointer
    discard self
    unsafe apus_request_end(request, status.rawValue)
  }

  /// What is asked for. The corresponding C function is `req_op`.
  @inline(__always)
  public var operation: Operation {
    // SAFETY: the type's invariant.
    Operation(rawValue: unsafe apus_request_operation(pointer))
  }

  /// Whether a write must be durable when it completes. The corresponding C constant is `REQ_FUA`.
  @inline(__always)
  public var isForcedUnitAccess: Bool {
    // SAFETY: the type's invariant.
    unsafe apus_request_is_fua(pointer)
  }

  /// The first sector. The corresponding C function is `blk_rq_pos`.
  @inline(__always)
  public var sector: Sector {
    // SAFETY: the type's invariant.
    Sector(unsafe apus_request_sector(pointer))
  }

  /// The number of bytes from the first sector on; 0 for a flush. The corresponding C function is `blk_rq_bytes`.
  @inline(__always)
  public var byteCount: Int {
    // SAFETY: the type's invariant.
    Int(unsafe apus_request_bytes(pointer))
  }

  /// The request's number within its hardware queue, less than the tag set's depth.
  @inline(__always)
  public var tag: Int {
    // SAFETY: the type's invariant.
    Int(unsafe apus_request_tag(pointer))
  }

  /// Gives each piece of the request's memory to `body`, in the order of the sectors; none for a request
  /// without data. The corresponding C macro is `rq_for_each_segment`.
  ///
  /// Throws what `body` throws, at once.
  @inline(__always)
  public borrowing func forEachSegment<Failure: Error>(
    _ body: (borrowing Segment) throws(Failure) -> Void
  ) throws(Failure) {
    // SAFETY: the type's invariant: the request's bios stay until it ends, which the borrow rules out.
    var segments = unsafe apus_request_segments(pointer)
    var vector = unsafe bio_vec()
    while unsafe apus_segments_next(&segments, &vector) {
      guard let page = unsafe vector.bv_page else { continue }
      // SAFETY: as above; the vector was filled in just now.
      try body(
        unsafe Segment(
          page: UnsafeMutableRawPointer(page), offset: Int(vector.bv_offset), byteCount: Int(vector.bv_len)))
    }
  }
}
