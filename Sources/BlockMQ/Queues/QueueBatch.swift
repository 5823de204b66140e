// SPDX-License-Identifier: GPL-2.0-only
// Requests that arrive in a batch, and requests that are completed in a batch.
// C header: include/linux/blk-mq.h (queue_rqs, struct io_comp_batch)

internal import CKernel
public import Block
internal import Kernel

/// A batch of requests of one queue that the block layer offers. Requests that the driver does not
/// take, or gives back, come through `queue`.
///
/// Invariant: `raw.given` is the list that was passed to `queue_rqs`, of requests of `raw.queue`.
/// Each request that is neither in this list nor kept is owned by a value.
@safe
public struct QueueBatch<Driver: BlockDriver & ~Copyable>: ~Copyable, ~Escapable {
  private let raw: UnsafeMutablePointer<apus_queue_batch>

  @unsafe @_lifetime(immortal)
  init(_ raw: UnsafeMutablePointer<apus_queue_batch>) {
    // INVARIANT: the adapter makes the value for the callback, lends it, and finishes the batch.
    unsafe self.raw = raw
  }

  /// Takes the next request, or returns nil at the end.
  @inline(__always)
  public borrowing func next() -> QueuedRequest<Driver>? {
    // SAFETY: the type's invariant; a request that leaves the list becomes its only value.
    guard let request = unsafe apus_queue_batch_next(raw) else { return nil }
    return unsafe QueuedRequest(UnsafeMutableRawPointer(request), offeredIn: nil)
  }

  /// Gives back a request of this batch, which then comes through `queue`. A request of another
  /// disk is requeued instead.
  public borrowing func giveBack(_ request: consuming QueuedRequest<Driver>) {
    // SAFETY: the type's invariant; only this value owns the request.
    let taken = unsafe request.take()
    unsafe apus_queue_batch_keep(raw, taken.assumingMemoryBound(to: CKernel.request.self))
  }
}

/// A batch of requests that complete together. The value exists only within a scope. The requests
/// have completed at the end of the scope, or for `poll` right after it. The corresponding C type
/// is `struct io_comp_batch`.
///
/// Invariant: `raw` is null, or a `struct io_comp_batch` that the maker of this value completes
/// after the value has ended.
@safe
public struct CompletionBatch: ~Copyable, ~Escapable {
  private let raw: UnsafeMutablePointer<io_comp_batch>?

  @unsafe @_lifetime(immortal)
  init(_ raw: UnsafeMutablePointer<io_comp_batch>?) {
    // INVARIANT: the caller completes the batch.
    unsafe self.raw = raw
  }

  /// Lends a batch to `body`, and completes its requests afterwards. The corresponding C macro is
  /// `DEFINE_IO_COMP_BATCH`.
  ///
  /// Context: any in which the driver's requests may be ended.
  @inline(__always)
  public static func with<Result: ~Copyable, Failure: Error>(
    _ body: (borrowing CompletionBatch) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: the zeroed structure is an empty batch.
    var batch = unsafe io_comp_batch()
    // SAFETY: the address is valid until the batch is completed, after `body` has returned or
    // thrown.
    return try unsafe withUnsafeMutablePointer(to: &batch) { pointer throws(Failure) in
      // SAFETY: as above.
      defer { unsafe apus_batch_end(pointer) }
      return try unsafe body(CompletionBatch(pointer))
    }
  }

  /// Ends a request: together with the batch if possible, otherwise immediately. The corresponding
  /// C function is `blk_mq_add_to_batch`.
  ///
  /// Context: as the batch's.
  @inline(__always)
  public borrowing func end<Driver: BlockDriver & ~Copyable>(
    _ request: consuming Request<Driver>, _ status: BlockStatus
  ) {
    // SAFETY: the value is gone, so this is the only completion.
    let request = unsafe request.take()
    unsafe RequestLayout<Driver>.returnBudget(request)
    // SAFETY: the type's invariant. A batch can only complete without error, so a request with an
    // error completes on its own.
    if unsafe apus_request_add_to_batch(request, raw, status != .ok) { return }
    unsafe apus_request_end(request, status.rawValue)
  }
}
