// SPDX-License-Identifier: GPL-2.0-only
// A hardware queue of a disk.
// C header: include/linux/blk-mq.h (struct blk_mq_hw_ctx)

internal import CKernel
internal import Kernel

/// What a hardware queue is for. The corresponding C type is `enum hctx_type`.
public enum HardwareQueueKind: Sendable {
  /// Whatever no other kind takes. `HCTX_TYPE_DEFAULT`.
  case byDefault
  /// Reads alone. `HCTX_TYPE_READ`.
  case read
  /// I/O whose submitter polls for its end. `HCTX_TYPE_POLL`.
  case poll
}

/// A hardware queue, lent by a callback.
///
/// Invariant: `raw` is a `struct blk_mq_hw_ctx` of a `Driver`'s disk, which stays one as long as the value exists.
@safe
public struct HardwareQueue<Driver: BlockDriver & ~Copyable>: ~Copyable, ~Escapable {
  private let raw: OpaquePointer

  @unsafe @_lifetime(immortal)
  init(_ raw: OpaquePointer) {
    // INVARIANT: the adapter makes one for a callback, and lends it.
    unsafe self.raw = raw
  }

  /// Its number: from 0, less than `TagSet.hardwareQueues`.
  @inline(__always)
  public var index: Int {
    // SAFETY: the type's invariant.
    Int(unsafe apus_hardware_queue_index(raw))
  }

  /// What it is for.
  @inline(__always)
  public var kind: HardwareQueueKind {
    // SAFETY: the type's invariant.
    let type = unsafe apus_hardware_queue_type(raw)
    if type == APUS_HCTX_TYPE_POLL.rawValue { return .poll }
    return type == APUS_HCTX_TYPE_READ.rawValue ? .read : .byDefault
  }

  /// Dispatches no more requests to this queue until it is started. One that is being dispatched now may still come.
  /// The corresponding C function is `blk_mq_stop_hw_queue`.
  ///
  /// Context: any.
  public borrowing func stop() {
    // SAFETY: the type's invariant.
    unsafe apus_hardware_queue_stop(raw)
  }

  /// Starts the queue, if it was stopped, and runs it. The corresponding C function is `blk_mq_start_stopped_hw_queue`.
  ///
  /// Context: any.
  public borrowing func start() {
    // SAFETY: the type's invariant; asynchronous, so any context will do.
    unsafe apus_hardware_queue_start(raw, true)
  }

  /// Has the block layer look for requests of this queue, now or after some milliseconds.
  /// The corresponding C functions are `blk_mq_run_hw_queue` and `blk_mq_delay_run_hw_queue`.
  ///
  /// Context: any.
  public borrowing func run(afterMilliseconds delay: UInt32 = 0) {
    // SAFETY: the type's invariant; asynchronous, so any context will do.
    unsafe apus_hardware_queue_run(raw, delay)
  }

  /// The request queue that it belongs to: an owner of its own, which may be kept.
  ///
  /// Context: any.
  public borrowing func requestQueue() -> RequestQueue {
    // SAFETY: the type's invariant: a queue lives as long as its hardware queues.
    unsafe RequestQueue(sharing: apus_hardware_queue_queue(raw))
  }
}

extension HardwareQueue where Driver: HardwareQueueDataOperation & ~Copyable {
  /// The driver's data of the queue.
  public var data: Driver.HardwareQueueData {
    @inline(__always) _read {
      // SAFETY: `BlockAdapter` put a box there when the queue was made, and takes it when it goes: after the calls that could see this,
      // for which a change of the queues, and a disk that is taken from under its driver, wait first.
      yield unsafe apus_hardware_queue_data(raw).assumingMemoryBound(to: Driver.HardwareQueueData.self).pointee
    }
  }
}
