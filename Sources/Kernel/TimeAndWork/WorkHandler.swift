// SPDX-License-Identifier: GPL-2.0-only
// The handler of a work item.
// C header: include/linux/workqueue.h (work_func_t)

internal import CKernel

/// The handler that runs when the kernel executes a `WorkItem`: a value that the item owns.
///
/// Attach `@WorkHandler` to the type; it writes the C callback.
///
/// The rules, and what ensures them:
/// - `run` runs in a kernel worker thread and may sleep. (On a queue without `memoryReclaim`, the
///   kernel may need memory for a thread before it can run the item, so I/O must not wait for it.)
/// - It never runs concurrently with itself for one item. (The kernel ensures this, because an item
///   has one queue.)
/// - The handler's value ends after its last run. (`WorkItem` ensures this.)
/// - The item is not ended or waited for by its own handler, nor under a lock that its handler
///   takes: that would be a deadlock. (In the first case `WorkItem` stops the task with a report;
///   the debug kernel reports the second.)
public protocol WorkHandler: ~Copyable, Sendable {
  /// Does the work.
  ///
  /// Context: process context; may sleep.
  borrowing func run(_ work: borrowing WorkContext)

  /// The C callback; written by `@WorkHandler`.
  @unsafe static var workCallback: WorkCallback<Self> { get }
}

/// A running handler's access to its own item. It exists only within the callback.
///
/// Invariant: `work` is the `struct delayed_work` that runs, and `queue` is its queue; both outlive
/// the callback.
@safe
public struct WorkContext: ~Copyable, ~Escapable {
  private let work: UnsafeMutablePointer<delayed_work>
  private let queue: UnsafeMutableRawPointer

  @_lifetime(immortal) @unsafe
  init(_ work: UnsafeMutablePointer<delayed_work>, on queue: UnsafeMutableRawPointer) {
    // INVARIANT: the adapter takes both from the item whose callback runs.
    unsafe self.work = work
    unsafe self.queue = queue
  }

  /// Queues the item again, to run after this run.
  ///
  /// Returns true if it was not already queued. While the item is being cancelled, this does
  /// nothing.
  ///
  /// - Parameter delay: the time from now, rounded up to ticks of the kernel's clock.
  @discardableResult
  public borrowing func requeue(after delay: Nanoseconds = .zero) -> Bool {
    // SAFETY: the work and its queue outlive the callback that lends this value.
    unsafe apus_work_queue(work, queue, delay.count)
  }
}

/// The C callback of one handler type: `work_func_t`.
///
/// Making one requires `unsafe`, and the callback of another handler has another type.
///
/// Invariant: `function` keeps the contract of the adapter's function for `Handler`.
@safe
public struct WorkCallback<Handler: WorkHandler & ~Copyable> {
  /// The callback's type in Swift: it gets the `struct work_struct`.
  public typealias Function = @convention(c) (UnsafeMutableRawPointer?) -> Void

  let function: Function

  /// Written by the macro.
  @unsafe @inline(__always)
  public init(_ function: @escaping Function) {
    // INVARIANT: the macro's closure calls the adapter.
    unsafe self.function = function
  }
}

/// The function that the macro's code calls. A driver does not use it.
public enum WorkAdapter<Handler: WorkHandler & ~Copyable> {
  /// The callback of a work item.
  ///
  /// Contract of the kernel and of `WorkItem`: `work` is the first field of a
  /// `WorkItem<Handler>.Storage`, which stays until this function has returned.
  @inline(__always) @unsafe
  public static func run(_ work: UnsafeMutableRawPointer?) {
    // SAFETY: the contract above. The pointer is only compared with null, which the kernel never
    // passes.
    guard let storage = unsafe work?.assumingMemoryBound(to: WorkItem<Handler>.Storage.self) else {
      return
    }
    // SAFETY: the contract above; the handler is only borrowed.
    unsafe storage.pointee.handler.run(
      WorkContext(storage.pointee.work.address, on: storage.pointee.queue.pointer))
  }
}
