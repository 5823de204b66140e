// SPDX-License-Identifier: GPL-2.0-only
// A hardware queue of a disk.
// C header: include/linux/blk-mq.h (struct blk_mq_hw_ctx)

internal import CKernel
internal import Kernel

/// The kind of a hardware queue. The corresponding C type is `enum hctx_type`.
public enum HardwareQueueKind: Sendable {
  /// Requests that no other kind takes. `HCTX_TYPE_DEFAULT`.
  case `default`
  /// Reads only. `HCTX_TYPE_READ`.
  case read
  /// I/O for whose completion the submitter polls. `HCTX_TYPE_POLL`.
  case poll
}

/// A hardware queue, lent by a callback.
///
/// Invariant: `raw` is a `struct blk_mq_hw_ctx` of a `Driver`'s disk, which lives as long as the
/// value.
@safe
public struct HardwareQueue<Driver: BlockDriver & ~Copyable>: ~Copyable, ~Escapable {
  private let raw: OpaquePointer

  @unsafe @_lifetime(immortal)
  init(_ raw: OpaquePointer) {
    // INVARIANT: the adapter makes the value for a callback and lends it.
    unsafe self.raw = raw
  }

  /// The number of the queue: from 0, less than `TagSet.hardwareQueues`.
  @inline(__always)
  public var index: Int {
    // SAFETY: the `struct blk_mq_hw_ctx` lives as long as the call that lends this value.
    Int(unsafe apus_hardware_queue_index(raw))
  }

  /// The kind of the queue.
  @inline(__always)
  public var kind: HardwareQueueKind {
    // SAFETY: the `struct blk_mq_hw_ctx` lives as long as the call that lends this value.
    let type = unsafe apus_hardware_queue_type(raw)
    if type == APUS_HCTX_TYPE_POLL.rawValue { return .poll }
    return type == APUS_HCTX_TYPE_READ.rawValue ? .read : .default
  }

  /// Stops the dispatch of requests to this queue until it is started. A request whose dispatch is
  /// in progress may still arrive. The corresponding C function is `blk_mq_stop_hw_queue`.
  ///
  /// Context: any.
  public borrowing func stop() {
    // SAFETY: the `struct blk_mq_hw_ctx` lives as long as the call that lends this value.
    unsafe apus_hardware_queue_stop(raw)
  }

  /// Starts the queue, if it was stopped, and runs it. The corresponding C function is
  /// `blk_mq_start_stopped_hw_queue`.
  ///
  /// Context: any.
  public borrowing func start() {
    // SAFETY: the type's invariant; the run is asynchronous, so any context is allowed.
    unsafe apus_hardware_queue_start(raw, true)
  }

  /// Has the block layer dispatch pending requests of this queue, now or after some milliseconds.
  /// The corresponding C functions are `blk_mq_run_hw_queue` and `blk_mq_delay_run_hw_queue`.
  ///
  /// Context: any.
  public borrowing func run(afterMilliseconds delay: UInt32 = 0) {
    // SAFETY: the type's invariant; the run is asynchronous, so any context is allowed.
    unsafe apus_hardware_queue_run(raw, delay)
  }

  /// A new reference to the request queue of this hardware queue, which the driver may keep.
  ///
  /// Context: any.
  public borrowing func requestQueue() -> RequestQueue {
    // SAFETY: the type's invariant: a request queue lives as long as its hardware queues.
    unsafe RequestQueue(sharing: apus_hardware_queue_queue(raw))
  }
}

extension HardwareQueue where Driver: HardwareQueueDataOperation & ~Copyable {
  /// The driver's data of the queue.
  public var data: Driver.HardwareQueueData {
    @inline(__always) _read {
      // SAFETY: `BlockAdapter` stores the box when the queue is made and takes it when the queue
      // ends. That is after all calls that could borrow the data: a change of the queues, and a
      // disk that is taken away from its driver, wait for those calls first.
      yield unsafe apus_hardware_queue_data(raw).assumingMemoryBound(
        to: Driver.HardwareQueueData.self
      ).pointee
    }
  }
}
