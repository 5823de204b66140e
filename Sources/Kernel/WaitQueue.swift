// SPDX-License-Identifier: GPL-2.0-only
// Tasks that wait for a condition.
// C header: include/linux/wait.h

internal import CKernel

/// Tasks that wait until something is true, which others make true and then wake them.
///
/// What the condition reads lies behind an atomic or a spin lock; whoever changes it wakes the queue afterwards. A wake
/// between the condition's check and the sleep is not lost.
///
/// Invariant: `queue` is initialised.
@safe
public struct WaitQueue: ~Copyable, @unchecked Sendable {
  // In memory of its own: it has a list of those that wait, which points back to it.
  private let queue: HeapBox<wait_queue_head>

  /// A queue that nobody waits in.
  ///
  /// Throws: `outOfMemory`.
  /// Context: as the flags say.
  @inline(__always)
  public init(
    _ flags: AllocationFlags, node: NUMANode = .any, class lockClass: LockClass = #lockClass
  ) throws(Errno) {
    // SAFETY: all zeroes, until the next call makes it a `struct wait_queue_head`.
    unsafe queue = try HeapBox(wait_queue_head(), flags, node: node)
    // INVARIANT: the structure is at its last address, and nobody else knows it yet.
    unsafe apus_wait_queue_init(queue.address, lockClass.address)
  }

  /// Wakes one that waits. The corresponding C function is `wake_up`.
  ///
  /// Context: any.
  public borrowing func wakeOne() {
    // SAFETY: the type's invariant.
    unsafe apus_wake_up(queue.address)
  }

  /// Wakes all that wait. The corresponding C function is `wake_up_all`.
  ///
  /// Context: any.
  public borrowing func wakeAll() {
    // SAFETY: the type's invariant.
    unsafe apus_wake_up_all(queue.address)
  }

  /// Waits until the condition is true. The corresponding C macro is `wait_event`.
  ///
  /// The condition must not sleep: it is checked while the task is about to.
  ///
  /// Context: may sleep.
  @inline(__always)
  public borrowing func wait(until condition: () -> Bool) {
    _ = wait(state: APUS_TASK_UNINTERRUPTIBLE, until: condition, orUntil: { false })
  }

  /// Waits until the condition is true, unless a signal comes first.
  /// The corresponding C macro is `wait_event_interruptible`.
  ///
  /// The condition must not sleep: it is checked while the task is about to.
  ///
  /// Throws: `interrupted` if a signal came, and the condition is not true.
  /// Context: may sleep.
  @inline(__always)
  public borrowing func waitInterruptibly(until condition: () -> Bool) throws(Errno) {
    // SAFETY: it has no arguments and reads a flag of the task's own.
    let holds = wait(state: APUS_TASK_INTERRUPTIBLE, until: condition, orUntil: { unsafe apus_signal_pending() })
    if !holds { throw .interrupted }
  }

  /// Waits until the first condition is true, or the second, and says whether the first is.
  @inline(__always)
  borrowing func wait(state: apus_task_state, until condition: () -> Bool, orUntil other: () -> Bool) -> Bool {
    // SAFETY: it has no arguments.
    unsafe apus_might_sleep()
    if condition() { return true }
    // SAFETY: all zeroes, until the helper fills it in.
    var entry = unsafe wait_queue_entry()
    var holds = false
    // SAFETY: the entry stays where it is during the closure, and leaves the queue before its end.
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
