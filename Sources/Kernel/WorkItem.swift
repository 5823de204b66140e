// SPDX-License-Identifier: GPL-2.0-only
// Work that is done later, by a thread of the kernel's.
// C header: include/linux/workqueue.h (struct delayed_work)

internal import CKernel

/// A piece of work that can be queued, now or after a while, again and again; and the handler that does it.
///
/// Its end cancels it: what waits for its turn or its time does not run, a handler that runs is waited for, and
/// then the handler's value ends. So it does not end under a lock that the handler takes, nor in the handler itself;
/// the latter, which would wait for ever, stops with a report.
///
/// The debug kernel's lockdep knows the items that are made at one place by one class. When one that is queued or runs is ended
/// or waited for under a lock that such a handler has ever taken, it reports that.
///
/// Invariant: `core` has an initialised work as its first field, whose callback is `Handler`'s, and which is queued
/// on `core`'s queue alone.
@safe
public struct WorkItem<Handler: WorkHandler & ~Copyable>: ~Copyable, @unchecked Sendable {
  // In memory of its own: the kernel keeps the work in lists.
  private let core: HeapBox<Core>

  @safe struct Core: ~Copyable {
    // First, for the callback.
    let work: Cell<delayed_work>
    let handler: Handler
    // An item that waits for its time points to its queue, so it owns a share.
    let queue: WorkQueue
  }

  /// An item that is not queued. The corresponding C macro is `INIT_DELAYED_WORK`.
  ///
  /// Throws: `outOfMemory`; the handler's value has ended then.
  /// Context: as the flags say.
  @inline(__always)
  public init(
    _ handler: consuming Handler, on queue: borrowing WorkQueue, _ flags: AllocationFlags, node: NUMANode = .any,
    class lockClass: LockClass = #lockClass
  ) throws(Errno) {
    let queue = queue.share()
    // SAFETY: all zeroes, until the next call makes it a work.
    unsafe core = try HeapBox(
      Core(work: Cell(delayed_work()), handler: handler, queue: queue), flags, node: node)
    // INVARIANT: the work is at its last address, first in `Core`, and the callback is the macro's.
    unsafe apus_work_init(core.value.work.address, Handler.workCallback.function, lockClass.address)
    unsafe apus_registered()
  }

  deinit {
    // SAFETY: the type's invariant. Nobody else has the item, so it stays cancelled.
    refuseSelfEnd(unsafe apus_work_is_own(core.value.work.address))
    unsafe _ = apus_work_cancel(core.value.work.address)
    unsafe apus_unregistered()
  }

  /// Queues the item, and says whether it was not queued yet. An item that runs can be queued to run once more.
  /// The corresponding C function is `queue_delayed_work`.
  ///
  /// - Parameter delay: how long from now, rounded up to ticks of the kernel's clock.
  ///
  /// Context: any.
  @discardableResult
  public borrowing func queue(after delay: Nanoseconds = .zero) -> Bool {
    // SAFETY: the type's invariant.
    unsafe apus_work_queue(core.value.work.address, core.value.queue.pointer, delay.count)
  }

  /// Queues the item, or changes the time it waits for if it is queued already, and says whether it was not queued yet.
  /// The corresponding C function is `mod_delayed_work`.
  ///
  /// - Parameter delay: how long from now, rounded up to ticks of the kernel's clock.
  ///
  /// Context: any.
  @discardableResult
  public borrowing func reschedule(after delay: Nanoseconds) -> Bool {
    // SAFETY: the type's invariant.
    unsafe !apus_work_requeue(core.value.work.address, core.value.queue.pointer, delay.count)
  }

  /// Takes the item out of its queue, and says whether it was in it; a handler that runs is waited for, and cannot
  /// requeue its item. (In the handler itself it does nothing.)
  /// The corresponding C function is `cancel_delayed_work_sync`.
  ///
  /// Context: may sleep; not under a lock that the handler takes.
  @discardableResult
  public borrowing func cancel() -> Bool {
    // SAFETY: the type's invariant.
    if unsafe apus_work_is_own(core.value.work.address) { return false }
    return unsafe apus_work_cancel(core.value.work.address)
  }

  /// Waits until the item has run if it is queued, without waiting for its time. (In the handler itself it does
  /// nothing.) The corresponding C function is `flush_delayed_work`.
  ///
  /// Context: may sleep; not under a lock that the handler takes.
  public borrowing func flush() {
    // SAFETY: the type's invariant.
    if unsafe apus_work_is_own(core.value.work.address) { return }
    unsafe apus_work_flush(core.value.work.address)
  }

  /// Whether the item is queued, or waits for its time. The corresponding C macro is `delayed_work_pending`.
  ///
  /// Context: any.
  public var isQueued: Bool {
    // SAFETY: the type's invariant.
    unsafe apus_work_is_pending(core.value.work.address)
  }

  /// The handler, shared with its callback.
  public var handler: Handler {
    // SAFETY: the core is the box's, and stays as long as this value.
    @inline(__always) _read { yield unsafe core.address.pointee.handler }
  }
}
