// SPDX-License-Identifier: GPL-2.0-only
// The handler of a kernel thread.
// C header: include/linux/kthread.h

internal import CKernel

/// The handler that a `KernelThread` runs: a value that the `KernelThread` owns.
///
/// Attach `@ThreadHandler` to the type; it writes the C callback.
///
/// The rules, and what ensures them:
/// - `run` returns soon after `shouldStop` becomes true, because the end of the `KernelThread`
///   waits for it. (The driver ensures this.)
/// - The handler's value ends after `run` has returned. (`KernelThread` ensures this.)
/// - The `KernelThread` is not ended by its own thread, nor under a lock that the thread takes:
///   that would be a deadlock. (In the first case `KernelThread` stops the task with a report.)
public protocol ThreadHandler: ~Copyable, Sendable {
  /// Does the thread's work.
  ///
  /// The thread ends when this returns. If the thread is stopped before it has run, this is not
  /// called.
  ///
  /// Context: process context; may sleep.
  borrowing func run(_ thread: borrowing ThreadContext)

  /// The C callback; written by `@ThreadHandler`.
  @unsafe static var threadCallback: ThreadCallback<Self> { get }
}

/// The running thread's access to its own state.
///
/// It exists only within the callback, and so on that thread.
public struct ThreadContext: ~Copyable, ~Escapable {
  @_lifetime(immortal) @unsafe
  init() {}

  /// Whether the owner has asked the thread to stop.
  ///
  /// The corresponding C function is `kthread_should_stop`.
  public var shouldStop: Bool {
    // SAFETY: a context exists only on a kernel thread.
    unsafe kthread_should_stop()
  }

  /// Sleeps for a time, or until the thread is asked to stop.
  ///
  /// Context: may sleep.
  public borrowing func sleep(for time: Nanoseconds) {
    guard time > .zero else { return }
    // SAFETY: a context exists only on a kernel thread.
    unsafe apus_thread_sleep(time.count)
  }

  /// Sleeps until the thread is asked to stop.
  ///
  /// Context: may sleep.
  public borrowing func sleepUntilStopped() {
    // SAFETY: a context exists only on a kernel thread.
    while !shouldStop { unsafe apus_thread_sleep(-1) }
  }

  /// Waits until the condition is true, or the thread is asked to stop.
  ///
  /// Returns whether the condition is true.
  ///
  /// The corresponding C macro is `wait_event_idle`.
  ///
  /// The condition must not sleep, because the task state is already set to sleeping when it is
  /// checked.
  ///
  /// Context: may sleep.
  @inline(__always)
  public borrowing func wait(on queue: borrowing WaitQueue, until condition: () -> Bool) -> Bool {
    // SAFETY: a context exists only on a kernel thread.
    queue.wait(state: APUS_TASK_IDLE, until: condition, orUntil: { unsafe kthread_should_stop() })
  }
}

/// The C callback of one handler type: `int (*)(void *)`.
///
/// Making one requires `unsafe`, and the callback of another handler has another type.
///
/// Invariant: `function` keeps the contract of the adapter's function for `Handler`.
@safe
public struct ThreadCallback<Handler: ThreadHandler & ~Copyable> {
  /// The callback's type in Swift: it gets the handler's address, and returns the thread's exit
  /// code.
  public typealias Function = @convention(c) (UnsafeMutableRawPointer?) -> CInt

  let function: Function

  /// Written by the macro.
  @unsafe @inline(__always)
  public init(_ function: @escaping Function) {
    // INVARIANT: the macro's closure calls the adapter.
    unsafe self.function = function
  }
}

/// The function that the macro's code calls. A driver does not use it.
public enum ThreadAdapter<Handler: ThreadHandler & ~Copyable> {
  /// The function of a thread.
  ///
  /// Contract of the kernel and of `KernelThread`: `handler` is a `Handler` that stays until this
  /// function has returned, and the current task is a kernel thread.
  @inline(__always) @unsafe
  public static func run(_ handler: UnsafeMutableRawPointer?) -> CInt {
    // SAFETY: the contract above. The pointer is only compared with null, which the kernel never
    // passes.
    guard let handler = unsafe handler?.assumingMemoryBound(to: Handler.self) else { return 0 }
    // SAFETY: the contract above; the handler is only borrowed.
    unsafe handler.pointee.run(ThreadContext())
    return 0
  }
}
