// SPDX-License-Identifier: GPL-2.0-only
// A request that was offered to the driver and not started yet.
// C header: include/linux/blk-mq.h (struct request)

internal import CKernel
public import Block

/// A request, owned, not started. Starting it consumes it; so does giving it back. One that is dropped
/// completes with an I/O error at once.
///
/// Invariant: `raw` is a `struct request` that the block layer gave to `queue_rq` or `queue_rqs`, which was not started since,
/// and which only this value stands for. `call` is the address of the `struct blk_mq_queue_data` that `queue_rq` was given it in, or
/// null for a request of `queue_rqs`; it is only compared.
@safe @frozen
public struct QueuedRequest<Driver: BlockDriver & ~Copyable>: ~Copyable, @unchecked Sendable, RequestView {
  @unsafe @usableFromInline let raw: UnsafeMutableRawPointer
  @unsafe @usableFromInline let call: UnsafeRawPointer?

  @unsafe @inline(__always)
  public var address: RequestAddress<Driver> {
    // SAFETY: the type's invariant.
    unsafe RequestAddress(raw)
  }

  @unsafe
  init(_ raw: UnsafeMutableRawPointer, offeredIn call: UnsafeRawPointer?) {
    // INVARIANT: the adapter has it from the block layer, and makes one value of it.
    unsafe self.raw = raw
    unsafe self.call = call
  }

  /// Whether it is the one that this call of `queue_rq` offered. One that was offered again meanwhile, by another call, is not,
  /// although it has the same address: two calls that are under way have two places on their stacks.
  @unsafe @inline(__always)
  borrowing func isOffer(of call: UnsafeRawPointer, _ request: UnsafeMutablePointer<request>) -> Bool {
    // SAFETY: only compared.
    unsafe raw == UnsafeMutableRawPointer(request) && self.call == call
  }

  /// Gives up ownership; the block layer has the request again.
  @unsafe @inline(__always)
  consuming func take() -> UnsafeMutableRawPointer {
    // SAFETY: the caller stands for the request from here on, as this value did.
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

  /// Starts the request: from here on it counts as in flight, and its timeout runs.
  /// The corresponding C function is `blk_mq_start_request`.
  ///
  /// Context: any.
  @inline(__always)
  public consuming func start() -> Request<Driver> {
    // SAFETY: the type's invariant; the request goes on in the value below.
    let raw = unsafe take()
    unsafe apus_request_start(raw.assumingMemoryBound(to: request.self))
    // INVARIANT: started just now, and this value is gone.
    return unsafe Request(raw)
  }

  /// What `queue` answers when it cannot take the request now.
  @inline(__always)
  public consuming func refused() -> QueueResult<Driver> { .refused(self) }

  /// What `queue` answers when it cannot take the request until something that is under way ends.
  @inline(__always)
  public consuming func refusedUntilNextEnd() -> QueueResult<Driver> { .refusedUntilNextEnd(self) }

  /// Gives the request to the list of those that are to be offered again, which is looked at now if `kick`, and else when
  /// somebody does: `RequestQueue.kickRequeueList()`. The corresponding C function is `blk_mq_requeue_request`.
  ///
  /// Context: any.
  public consuming func requeue(kick: Bool = true) {
    // SAFETY: the type's invariant; the block layer owns the request after this.
    let request = unsafe take().assumingMemoryBound(to: request.self)
    unsafe RequestLayout<Driver>.returnBudget(request)
    unsafe apus_request_requeue(request, kick)
  }
}
