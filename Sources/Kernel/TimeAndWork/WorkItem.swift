// SPDX-License-Identifier: GPL-2.0-only
// Work that a kernel worker thread does later.
// C header: include/linux/workqueue.h (struct delayed_work)

internal import CKernel

/// A work item and its handler. It can be queued repeatedly, for immediate or delayed execution.
///
/// The end of this value cancels the item: a queued or delayed run does not happen, a running
/// handler is waited for, and then the handler's value ends. So an item must not be ended under a
/// lock that the handler takes, nor by the handler itself. The latter would be a deadlock and stops
/// the task with a report.
///
/// lockdep treats all items that are made at one place in the code as one class. It reports an item
/// that is ended or waited for, while it is queued or running, under a lock that a handler of its
/// class has ever taken.
///
/// Invariant: `storage` has an initialised work as its first field, whose callback is `Handler`'s,
/// and which is queued on `storage`'s queue only.
///
/// ```swift
/// /// Holds requests back while the lower device is gone. The item asks for it until it is back.
/// @WorkHandler
/// struct Recovery: WorkHandler, ~Copyable {
///   let lower: BlockDevice
///   let requests: RequestQueue
///
///   func run(_ work: borrowing WorkContext) {
///     do throws(Errno) {
///       try lower.flush()
///       requests.startHardwareQueues()
///     } catch {
///       log(.warning, "the lower device is still gone: \(error)")
///       work.requeue(after: .seconds(1))
///     }
///   }
/// }
///
/// /// Called when a bio has failed, in an interrupt.
/// func lowerDeviceFailed(_ recovery: borrowing WorkItem<Recovery>) {
///   recovery.handler.requests.stopHardwareQueues()
///   recovery.queue(after: .milliseconds(100))
/// }
/// ```
@safe
public struct WorkItem<Handler: WorkHandler & ~Copyable>: ~Copyable, @unchecked Sendable {
  // In its own allocation, because the kernel keeps the work in lists.
  private let storage: HeapBox<Storage>

  @safe struct Storage: ~Copyable {
    // First, because the callback casts the work's address to the storage's.
    let work: Cell<delayed_work>
    let handler: Handler
    // A delayed item points to its queue, so it holds a reference to the queue.
    let queue: WorkQueue
  }

  /// Makes an item that is not queued. The corresponding C macro is `INIT_DELAYED_WORK`.
  ///
  /// Throws: `outOfMemory`; the handler's value has ended then.
  /// Context: as the flags say.
  @inline(__always)
  public init(
    _ handler: consuming Handler, on queue: borrowing WorkQueue, _ flags: AllocationFlags,
    node: NUMANode = .any,
    class lockClass: LockClass = #lockClass
  ) throws(Errno) {
    let queue = queue.share()
    // SAFETY: all zeroes is valid until the next call initialises the work.
    unsafe storage = try HeapBox(
      Storage(work: Cell(delayed_work()), handler: handler, queue: queue), flags, node: node)
    // INVARIANT: the work is at its final address and first in `Storage`, and the macro made the
    // callback.
    unsafe apus_work_init(
      storage.value.work.address, Handler.workCallback.function, lockClass.address)
    unsafe apus_registered()
  }

  deinit {
    // SAFETY: the type's invariant. Only this value can queue the item, so it stays cancelled.
    refuseSelfEnd(unsafe apus_work_is_own(storage.value.work.address))
    unsafe _ = apus_work_cancel(storage.value.work.address)
    unsafe apus_unregistered()
  }

  /// Queues the item.
  ///
  /// Returns true if it was not already queued. A running item can be queued to run again.
  ///
  /// The corresponding C function is `queue_delayed_work`.
  ///
  /// - Parameter delay: the time from now, rounded up to ticks of the kernel's clock.
  ///
  /// Context: any.
  @discardableResult
  public borrowing func queue(after delay: Nanoseconds = .zero) -> Bool {
    // SAFETY: `init` initialised the work, and `storage` holds a reference to the queue it is
    // queued on.
    unsafe apus_work_queue(storage.value.work.address, storage.value.queue.pointer, delay.count)
  }

  /// Queues the item, or changes its delay if it is already queued.
  ///
  /// Returns true if it was not already queued.
  ///
  /// The corresponding C function is `mod_delayed_work`.
  ///
  /// - Parameter delay: the time from now, rounded up to ticks of the kernel's clock.
  ///
  /// Context: any.
  @discardableResult
  public borrowing func reschedule(after delay: Nanoseconds) -> Bool {
    // SAFETY: `init` initialised the work, and `storage` holds a reference to the queue it is
    // queued on.
    unsafe !apus_work_requeue(storage.value.work.address, storage.value.queue.pointer, delay.count)
  }

  /// Cancels the item and returns whether it was queued.
  ///
  /// It waits for a running handler, which cannot requeue the item meanwhile. In the handler itself
  /// this does nothing. The corresponding C function is `cancel_delayed_work_sync`.
  ///
  /// Context: may sleep; not under a lock that the handler takes.
  @discardableResult
  public borrowing func cancel() -> Bool {
    // SAFETY: `init` initialised the work, whose memory `storage` keeps until `deinit` has
    // cancelled it.
    if unsafe apus_work_is_own(storage.value.work.address) { return false }
    return unsafe apus_work_cancel(storage.value.work.address)
  }

  /// Waits until a queued item has run. A delayed item is queued for execution immediately.
  ///
  /// In the handler itself this does nothing. The corresponding C function is `flush_delayed_work`.
  ///
  /// Context: may sleep; not under a lock that the handler takes.
  public borrowing func flush() {
    // SAFETY: `init` initialised the work, whose memory `storage` keeps until `deinit` has
    // cancelled it.
    if unsafe apus_work_is_own(storage.value.work.address) { return }
    unsafe apus_work_flush(storage.value.work.address)
  }

  /// Whether the item is queued or delayed. The corresponding C macro is `delayed_work_pending`.
  ///
  /// Context: any.
  public var isQueued: Bool {
    // SAFETY: `init` initialised the work, whose memory `storage` keeps until `deinit` has
    // cancelled it.
    unsafe apus_work_is_pending(storage.value.work.address)
  }

  /// The handler, which the callback uses as well.
  public var handler: Handler {
    // SAFETY: the box owns the storage, which stays as long as this value.
    @inline(__always) _read { yield unsafe storage.address.pointee.handler }
  }
}
