// SPDX-License-Identifier: GPL-2.0-only
// Requests that come at once, and requests that end at once.
// C header: include/linux/blk-mq.h (queue_rqs, struct io_comp_batch)

internal import CKernel
public import Block
internal import Kernel

/// Requests of one queue that the block layer offers at once. Those that are not taken, or given back, come through `queue`.
///
/// Invariant: `raw.given` is the list that `queue_rqs` was given, of requests of `raw.queue`; a request that is not in it nor kept is
/// owned by a value.
@safe
public struct QueueBatch<Driver: BlockDriver & ~Copyable>: ~Copyable, ~Escapable {
  private let raw: UnsafeMutablePointer<apus_queue_batch>

  @unsafe @_lifetime(immortal)
  init(_ raw: UnsafeMutablePointer<apus_queue_batch>) {
    // INVARIANT: the adapter makes one for the callback, lends it, and finishes it.
    unsafe self.raw = raw
  }

  /// The next request, or nil at the end.
  @inline(__always)
  public borrowing func next() -> QueuedRequest<Driver>? {
    // SAFETY: the type's invariant; what leaves the list becomes the one value of the request.
    guard let request = unsafe apus_queue_batch_next(raw) else { return nil }
    return unsafe QueuedRequest(UnsafeMutableRawPointer(request), offeredIn: nil)
  }

  /// Gives back a request of this batch: it comes through `queue` after this. One of another disk is requeued.
  public borrowing func giveBack(_ request: consuming QueuedRequest<Driver>) {
    // SAFETY: the type's invariant; only this value stands for it.
    let taken = unsafe request.take()
    unsafe apus_queue_batch_keep(raw, taken.assumingMemoryBound(to: CKernel.request.self))
  }
}

/// Requests that are ended together. It exists only within a scope, at whose end all of them have ended, or, in `poll`, right after.
/// The corresponding C type is `struct io_comp_batch`.
///
/// Invariant: `raw` is a `struct io_comp_batch` that somebody completes after this value has ended, or null.
@safe
public struct CompletionBatch: ~Copyable, ~Escapable {
  private let raw: UnsafeMutablePointer<io_comp_batch>?

  @unsafe @_lifetime(immortal)
  init(_ raw: UnsafeMutablePointer<io_comp_batch>?) {
    // INVARIANT: the caller completes it.
    unsafe self.raw = raw
  }

  /// Lends a batch to `body`, and ends the requests in it afterwards. The corresponding C macro is `DEFINE_IO_COMP_BATCH`.
  ///
  /// Context: any in which the driver's requests may be ended.
  @inline(__always)
  public static func with<Result: ~Copyable, Failure: Error>(
    _ body: (borrowing CompletionBatch) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: all zeroes, an empty batch.
    var batch = unsafe io_comp_batch()
    // SAFETY: the address holds until the batch has been completed, after `body` has returned or thrown.
    return try unsafe withUnsafeMutablePointer(to: &batch) { pointer throws(Failure) in
      // SAFETY: as above.
      defer { unsafe apus_batch_end(pointer) }
      return try unsafe body(CompletionBatch(pointer))
    }
  }

  /// Ends a request, with the others of the batch where that is possible, and at once otherwise.
  /// The corresponding C function is `blk_mq_add_to_batch`.
  ///
  /// Context: as the batch's.
  @inline(__always)
  public borrowing func end<Driver: BlockDriver & ~Copyable>(
    _ request: consuming Request<Driver>, _ status: BlockStatus
  ) {
    // SAFETY: the value is gone, so this is the one completion.
    let request = unsafe request.take()
    unsafe RequestLayout<Driver>.returnBudget(request)
    // SAFETY: the type's invariant. A batch can only end well, so an error ends by itself.
    if unsafe apus_request_add_to_batch(request, raw, status != .ok) { return }
    unsafe apus_request_end(request, status.rawValue)
  }
}
