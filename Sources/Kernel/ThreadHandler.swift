// SPDX-License-Identifier: GPL-2.0-only
// What a kernel thread does.
// C header: include/linux/kthread.h

internal import CKernel

/// What a `KernelThread` runs: a value that the thread's owner owns.
///
/// Attach `@ThreadHandler` to the type; it writes the C callback.
///
/// The rules, and who keeps them:
/// - `run` returns soon once `shouldStop` is true: the owner's end waits for it.
/// - The handler's value ends after `run` has returned. (`KernelThread` keeps it.)
/// - A thread is not ended by itself, nor under a lock that it takes: that would wait for ever. (`KernelThread` stops the
///   first with a report.)
public protocol ThreadHandler: ~Copyable, Sendable {
  /// Does the thread's work; the thread ends with it. It is not called at all if the thread is stopped before it ran.
  ///
  /// Context: process context; may sleep.
  borrowing func run(_ thread: borrowing ThreadContext)

  /// The C callback; written by `@ThreadHandler`.
  @unsafe static var threadCallback: ThreadCallback<Self> { get }
}

/// A thread's way to itself. It exists only within the callback, and so on that thread.
public struct ThreadContext: ~Copyable, ~Escapable {
  @_lifetime(immortal) @unsafe
  init() {}

  /// Whether the owner wants the thread to end. The corresponding C function is `kthread_should_stop`.
  public var shouldStop: Bool {
    // SAFETY: this is a kernel thread, since there is a context.
    unsafe kthread_should_stop()
  }

  /// Sleeps for a time, or until the thread is to stop.
  ///
  /// Context: may sleep.
  public borrowing func sleep(for time: Nanoseconds) {
    guard time > .zero else { return }
    // SAFETY: this is a kernel thread, since there is a context.
    unsafe apus_thread_sleep(time.count)
  }

  /// Sleeps until the thread is to stop.
  ///
  /// Context: may sleep.
  public borrowing func sleepUntilStopped() {
    // SAFETY: this is a kernel thread, since there is a context.
    while !shouldStop { unsafe apus_thread_sleep(-1) }
  }

  /// Waits until the condition is true, or the thread is to stop, and says whether the condition is true.
  /// The corresponding C macro is `wait_event_idle`.
  ///
  /// The condition must not sleep: it is checked while the thread is about to.
  ///
  /// Context: may sleep.
  @inline(__always)
  public borrowing func wait(on queue: borrowing WaitQueue, until condition: () -> Bool) -> Bool {
    // SAFETY: this is a kernel thread, since there is a context.
    queue.wait(state: APUS_TASK_IDLE, until: condition, orUntil: { unsafe kthread_should_stop() })
  }
}

/// The C callback of one type of thread's handler: `int (*)(void *)`. It cannot be made without
/// `unsafe`, and another type's is of another type.
///
/// Invariant: `function` keeps the contract of the adapter's function for `Handler`.
@safe
public struct ThreadCallback<Handler: ThreadHandler & ~Copyable> {
  public typealias Function = @convention(c) (UnsafeMutableRawPointer?) -> CInt

  let function: Function

  /// Written by the macro.
  @unsafe @inline(__always)
  public init(_ function: @escaping Function) {
    // INVARIANT: the macro's closure calls the adapter.
    unsafe self.function = function
  }
}

/// The call that the macro's code makes. A driver does not use it.
public enum ThreadAdapter<Handler: ThreadHandler & ~Copyable> {
  /// A thread's function.
  ///
  /// Contract of the kernel and of `KernelThread`: `handler` is a `Handler` that stays until this has returned, and
  /// this is a kernel thread.
  @inline(__always) @unsafe
  public static func run(_ handler: UnsafeMutableRawPointer?) -> CInt {
    // SAFETY: the contract above; only null is looked for, which the kernel never gives.
    guard let handler = unsafe handler?.assumingMemoryBound(to: Handler.self) else { return 0 }
    // SAFETY: the contract above; the handler is only borrowed, as everywhere.
    unsafe handler.pointee.run(ThreadContext())
    return 0
  }
}
