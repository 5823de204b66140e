// SPDX-License-Identifier: GPL-2.0-only
// What a work item does.
// C header: include/linux/workqueue.h (work_func_t)

internal import CKernel

/// What runs when a `WorkItem`'s turn comes: a value that the item owns.
///
/// Attach `@WorkHandler` to the type; it writes the C callback.
///
/// The rules, and who keeps them:
/// - `run` runs in a thread of the kernel's and may sleep. (On a queue without `memoryReclaim` it may have to wait for
///   memory before it starts, so I/O must not wait for it.)
/// - It never runs on two CPUs at once for one item. (The kernel keeps it, since an item has one queue.)
/// - The handler's value ends after its last run. (`WorkItem` keeps it.)
/// - An item is not ended or waited for by its own handler, nor under a lock that its handler takes: that would wait
///   for ever. (`WorkItem` stops the first with a report; the debug kernel reports the second.)
public protocol WorkHandler: ~Copyable, Sendable {
  /// Carries out the work.
  ///
  /// Context: process context; may sleep.
  borrowing func run(_ work: borrowing WorkContext)

  /// The C callback; written by `@WorkHandler`.
  @unsafe static var workCallback: WorkCallback<Self> { get }
}

/// A handler's way to its own item. It exists only within the callback.
///
/// Invariant: `work` is the `struct delayed_work` that runs, and `queue` is its queue; both outlast the callback.
@safe
public struct WorkContext: ~Copyable, ~Escapable {
  private let work: UnsafeMutablePointer<delayed_work>
  private let queue: UnsafeMutableRawPointer

  @_lifetime(immortal) @unsafe
  init(_ work: UnsafeMutablePointer<delayed_work>, on queue: UnsafeMutableRawPointer) {
    // INVARIANT: the adapter has both from the item whose callback runs.
    unsafe self.work = work
    unsafe self.queue = queue
  }

  /// Queues the item once more, to run after this run, and says whether it was not queued yet. Once the item is being
  /// cancelled this does nothing.
  ///
  /// - Parameter delay: how long from now, rounded up to ticks of the kernel's clock.
  @discardableResult
  public borrowing func requeue(after delay: Nanoseconds = .zero) -> Bool {
    // SAFETY: the type's invariant.
    unsafe apus_work_queue(work, queue, delay.count)
  }
}

/// The C callback of one type of work item's handler: `work_func_t`. It cannot be made without
/// `unsafe`, and another type's is of another type.
///
/// Invariant: `function` keeps the contract of the adapter's function for `Handler`.
@safe
public struct WorkCallback<Handler: WorkHandler & ~Copyable> {
  public typealias Function = @convention(c) (UnsafeMutableRawPointer?) -> Void

  let function: Function

  /// Written by the macro.
  @unsafe @inline(__always)
  public init(_ function: @escaping Function) {
    // INVARIANT: the macro's closure calls the adapter.
    unsafe self.function = function
  }
}

/// The call that the macro's code makes. A driver does not use it.
public enum WorkAdapter<Handler: WorkHandler & ~Copyable> {
  /// The callback of a work item.
  ///
  /// Contract of the kernel and of `WorkItem`: `work` is the first field of a `WorkItem<Handler>.Core`, which stays
  /// until this has returned.
  @inline(__always) @unsafe
  public static func run(_ work: UnsafeMutableRawPointer?) {
    // SAFETY: the contract above; only null is looked for, which the kernel never gives.
    guard let core = unsafe work?.assumingMemoryBound(to: WorkItem<Handler>.Core.self) else { return }
    // SAFETY: the contract above; the handler is only borrowed, as everywhere.
    unsafe core.pointee.handler.run(WorkContext(core.pointee.work.address, on: core.pointee.queue.pointer))
  }
}
