// SPDX-License-Identifier: GPL-2.0-only
// The queue of a disk.
// C header: include/linux/blkdev.h (struct request_queue)

internal import CKernel
internal import Kernel

/// A disk's request queue: one of its owners. It may outlive the disk; then nothing happens there any more.
///
/// It ends where it may sleep. A driver gets it when it is made: `Disk(…) { queue in … }`.
///
/// Invariant: `raw` is a `struct request_queue` of which this value has a reference.
@safe
public struct RequestQueue: ~Copyable, @unchecked Sendable {
  private let raw: UnsafeMutablePointer<request_queue>

  @unsafe
  init(sharing raw: UnsafeMutablePointer<request_queue>) {
    // INVARIANT: the caller has a reference, so there is one more; also of a queue that is dying.
    unsafe apus_queue_get(raw)
    unsafe self.raw = raw
  }

  deinit {
    // SAFETY: the type's invariant.
    unsafe apus_queue_put(raw)
  }

  /// One more owner of the same queue.
  ///
  /// Context: any.
  public borrowing func share() -> RequestQueue {
    // SAFETY: the type's invariant.
    unsafe RequestQueue(sharing: raw)
  }

  /// Dispatches no more requests until the hardware queues are started. Those that are being dispatched now may still come.
  /// The corresponding C function is `blk_mq_stop_hw_queues`.
  ///
  /// Context: any.
  public borrowing func stopHardwareQueues() {
    // SAFETY: the type's invariant.
    unsafe apus_queue_stop(raw)
  }

  /// Starts the hardware queues that were stopped, and runs them.
  /// The corresponding C function is `blk_mq_start_stopped_hw_queues`.
  ///
  /// Context: any.
  public borrowing func startHardwareQueues() {
    // SAFETY: the type's invariant; asynchronous, so any context will do.
    unsafe apus_queue_start(raw, true)
  }

  /// Has the block layer look for requests, now or after some milliseconds.
  /// The corresponding C functions are `blk_mq_run_hw_queues` and `blk_mq_delay_run_hw_queues`.
  ///
  /// Context: any.
  public borrowing func run(afterMilliseconds delay: UInt32 = 0) {
    // SAFETY: the type's invariant; asynchronous, so any context will do.
    unsafe apus_queue_run(raw, delay)
  }

  /// Offers the requests that were requeued again, now or after some milliseconds.
  /// The corresponding C functions are `blk_mq_kick_requeue_list` and `blk_mq_delay_kick_requeue_list`.
  ///
  /// Context: any.
  public borrowing func kickRequeueList(afterMilliseconds delay: UInt32 = 0) {
    // SAFETY: the type's invariant.
    unsafe apus_queue_kick(raw, delay)
  }

  /// Runs `body` while no request is dispatched; calls of the driver's `queue` that were under way have ended.
  /// The corresponding C functions are `blk_mq_quiesce_queue` and `blk_mq_unquiesce_queue`.
  ///
  /// Context: may sleep; not within the driver's `queue`, for whose end it waits.
  public borrowing func withQuiesced<Result: ~Copyable, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: the type's invariant; undone below, on every path.
    unsafe apus_queue_quiesce(raw)
    // SAFETY: quiesced just now.
    defer { unsafe apus_queue_unquiesce(raw) }
    return try body()
  }

  /// Runs `body` while there is no request: those in flight have completed, and new ones wait.
  /// The corresponding C functions are `blk_mq_freeze_queue` and `blk_mq_unfreeze_queue`.
  ///
  /// Context: may sleep, until the requests in flight have completed; not where one of them is held.
  public borrowing func withFrozen<Result: ~Copyable, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: the type's invariant; undone below, on every path.
    unsafe apus_queue_freeze(raw)
    // SAFETY: frozen just now.
    defer { unsafe apus_queue_unfreeze(raw) }
    return try body()
  }
}
