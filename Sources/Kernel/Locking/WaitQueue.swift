// SPDX-License-Identifier: GPL-2.0-only
// A queue of tasks that wait for a condition.
// C header: include/linux/wait.h

internal import CKernel

/// A queue of tasks that wait for a condition.
///
/// Other contexts make the condition true and then wake the tasks.
///
/// The state that the condition reads is behind an atomic or a spin lock. Code that changes this
/// state wakes the queue afterwards. A wake-up between the check of the condition and the sleep is
/// not lost.
///
/// Invariant: `queue` is initialised.
///
/// ```swift
/// /// Limits the number of copies in flight: a task that would begin one more waits.
/// struct CopyBudget: ~Copyable, Sendable {
///   private let left = SpinLockIRQ(32)
///   private let waiting: WaitQueue
///
///   init() throws(Errno) { waiting = try WaitQueue(.kernel) }
///
///   func begin() {
///     waiting.wait {
///       left.withLock { left in
///         guard left > 0 else { return false }
///         left &-= 1
///         return true
///       }
///     }
///   }
///
///   func end() {
///     left.withLock { left in left &+= 1 }
///     waiting.wakeOne()
///   }
/// }
/// ```
@safe
public struct WaitQueue: ~Copyable, @unchecked Sendable {
  // In its own allocation: it has a list of waiting tasks, which points back to it.
  private let queue: HeapBox<wait_queue_head>

  /// An empty queue.
  ///
  /// Throws: `outOfMemory`.
  /// Context: as the flags say.
  @inline(__always)
  public init(
    _ flags: AllocationFlags, node: NUMANode = .any, class lockClass: LockClass = #lockClass
  ) throws(Errno) {
    // SAFETY: all zeroes is valid until the next call initialises the `struct wait_queue_head`.
    unsafe queue = try HeapBox(wait_queue_head(), flags, node: node)
    // INVARIANT: the structure is at its final address, which no other code knows yet.
    unsafe apus_wait_queue_init(queue.address, lockClass.address)
  }

  /// Wakes one waiting task. The corresponding C function is `wake_up`.
  ///
  /// Context: any.
  public borrowing func wakeOne() {
    // SAFETY: `init` initialised the queue, whose memory the box keeps until this value ends.
    unsafe apus_wake_up(queue.address)
  }

  /// Wakes all waiting tasks. The corresponding C function is `wake_up_all`.
  ///
  /// Context: any.
  public borrowing func wakeAll() {
    // SAFETY: `init` initialised the queue, whose memory the box keeps until this value ends.
    unsafe apus_wake_up_all(queue.address)
  }

  /// Waits until the condition is true. The corresponding C macro is `wait_event`.
  ///
  /// The condition must not sleep, because the task state is already set to sleeping when it is
  /// checked.
  ///
  /// Context: may sleep.
  @inline(__always)
  public borrowing func wait(until condition: () -> Bool) {
    _ = wait(state: APUS_TASK_UNINTERRUPTIBLE, until: condition, orUntil: { false })
  }

  /// Waits until the condition is true, unless a signal interrupts the wait.
  ///
  /// The corresponding C macro is `wait_event_interruptible`.
  ///
  /// The condition must not sleep, because the task state is already set to sleeping when it is
  /// checked.
  ///
  /// Throws: `interrupted` if a signal arrived and the condition is not true.
  /// Context: may sleep.
  @inline(__always)
  public borrowing func waitInterruptibly(until condition: () -> Bool) throws(Errno) {
    // SAFETY: the function takes no arguments and reads a flag of the current task.
    let holds = wait(
      state: APUS_TASK_INTERRUPTIBLE, until: condition, orUntil: { unsafe apus_signal_pending() })
    if !holds { throw .interrupted }
  }

  /// Waits until one of the two conditions is true. Returns whether the first one is.
  @inline(__always)
  borrowing func wait(
    state: apus_task_state, until condition: () -> Bool, orUntil other: () -> Bool
  ) -> Bool {
    // SAFETY: the function takes no arguments.
    unsafe apus_might_sleep()
    if condition() { return true }
    // SAFETY: all zeroes is valid until the helper initialises the entry.
    var entry = unsafe wait_queue_entry()
    var holds = false
    // SAFETY: the entry does not move during the closure, and leaves the queue before the closure
    // ends.
    unsafe withUnsafeMutablePointer(to: &entry) { entry in
      unsafe apus_wait_entry_init(entry)
      while true {
        unsafe prepare_to_wait(queue.address, entry, CInt(truncatingIfNeeded: state.rawValue))
        holds = condition()
        if holds || other() { break }
        unsafe schedule()
      }
      unsafe finish_wait(queue.address, entry)
    }
    return holds
  }
}
