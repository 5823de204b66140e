// SPDX-License-Identifier: GPL-2.0-only
// The request queue of a disk.
// C header: include/linux/blkdev.h (struct request_queue)

internal import CKernel
internal import Kernel

/// A reference to a disk's request queue.
///
/// It may outlive the disk. No request is dispatched then, and stopping, starting or running the
/// queue has no effect.
///
/// The value must end in a context that may sleep. A driver gets a reference when it is made:
/// `Disk(…) { queue in … }`.
///
/// Invariant: `raw` is a `struct request_queue`, and this value holds a reference to it.
@safe
public struct RequestQueue: ~Copyable, @unchecked Sendable {
  private let raw: UnsafeMutablePointer<request_queue>

  @unsafe
  init(sharing raw: UnsafeMutablePointer<request_queue>) {
    // INVARIANT: the caller holds a reference, so another can be taken, even of a queue that is
    // dying.
    unsafe apus_queue_get(raw)
    unsafe self.raw = raw
  }

  deinit {
    // SAFETY: this value holds a reference to the queue, and puts it only here.
    unsafe apus_queue_put(raw)
  }

  /// A new reference to the same queue.
  ///
  /// Context: any.
  public borrowing func share() -> RequestQueue {
    // SAFETY: this value's reference keeps the queue, so another one can be taken.
    unsafe RequestQueue(sharing: raw)
  }

  /// Stops the dispatch of requests until the hardware queues are started. Requests whose dispatch
  /// is in progress may still arrive. The corresponding C function is `blk_mq_stop_hw_queues`.
  ///
  /// Context: any.
  public borrowing func stopHardwareQueues() {
    // SAFETY: this value's reference keeps the queue; the helper does nothing if `queuedata` is
    // null.
    unsafe apus_queue_stop(raw)
  }

  /// Starts the hardware queues that were stopped, and runs them. The corresponding C function is
  /// `blk_mq_start_stopped_hw_queues`.
  ///
  /// Context: any.
  public borrowing func startHardwareQueues() {
    // SAFETY: the type's invariant; the run is asynchronous, so any context is allowed.
    unsafe apus_queue_start(raw, true)
  }

  /// Has the block layer dispatch pending requests, now or after some milliseconds. The
  /// corresponding C functions are `blk_mq_run_hw_queues` and `blk_mq_delay_run_hw_queues`.
  ///
  /// Context: any.
  public borrowing func run(afterMilliseconds delay: UInt32 = 0) {
    // SAFETY: the type's invariant; the run is asynchronous, so any context is allowed.
    unsafe apus_queue_run(raw, delay)
  }

  /// Has the block layer offer the requests on the requeue list again, now or after some
  /// milliseconds. The corresponding C functions are `blk_mq_kick_requeue_list` and
  /// `blk_mq_delay_kick_requeue_list`.
  ///
  /// Context: any.
  public borrowing func kickRequeueList(afterMilliseconds delay: UInt32 = 0) {
    // SAFETY: this value's reference keeps the queue; the helper does nothing if `queuedata` is
    // null.
    unsafe apus_queue_kick(raw, delay)
  }

  /// Runs `body` while the queue is quiesced: no request is dispatched, and earlier calls of the
  /// driver's `queue` have returned. The corresponding C functions are `blk_mq_quiesce_queue` and
  /// `blk_mq_unquiesce_queue`.
  ///
  /// Context: may sleep; not within the driver's `queue`, because it waits for that call to return.
  public borrowing func withQuiesced<Result: ~Copyable, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: the type's invariant; the `defer` below undoes this on every path.
    unsafe apus_queue_quiesce(raw)
    // SAFETY: the queue was just quiesced.
    defer { unsafe apus_queue_unquiesce(raw) }
    return try body()
  }

  /// Runs `body` while the queue is frozen: the requests in flight have completed, and new ones
  /// wait. The corresponding C functions are `blk_mq_freeze_queue` and `blk_mq_unfreeze_queue`.
  ///
  /// Context: may sleep, until the requests in flight have completed; not where the caller holds
  /// one of them.
  public borrowing func withFrozen<Result: ~Copyable, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: the type's invariant; the `defer` below undoes this on every path.
    unsafe apus_queue_freeze(raw)
    // SAFETY: the queue was just frozen.
    defer { unsafe apus_queue_unfreeze(raw) }
    return try body()
  }
}
