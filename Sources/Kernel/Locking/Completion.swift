// SPDX-License-Identifier: GPL-2.0-only
// A completion: one side waits until the other signals an event.
// C header: include/linux/completion.h

internal import CKernel

/// An event: one side waits until the other signals that it has happened.
///
/// Each side has its own owner, made with `share`. The memory stays allocated until both sides are
/// done with it, in either order.
///
/// An event that is signalled before a task waits is not lost: the kernel counts events, and each
/// `wait` consumes one.
///
/// Invariant: the structure in `shared` is initialised.
///
/// ```swift
/// /// Counts the copies in flight, and lets a suspend wait for the last of them.
/// struct CopiesInFlight: ~Copyable, Sendable {
///   private let count = Atomic<Int>(1)
///   private let drained: Completion
///
///   init() throws(Errno) { drained = try Completion(.kernel) }
///
///   func begin() { count.wrappingAdd(1, ordering: .relaxed) }
///
///   func end() {
///     let left = count.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue
///     if left == 0 { drained.complete() }
///   }
///
///   /// Takes back the initial 1. No copy begins any more.
///   func drain() {
///     end()
///     while !drained.wait(timeout: .seconds(30)) {
///       log(.warning, "\(count.load(ordering: .relaxed)) copies are still in flight")
///     }
///   }
/// }
/// ```
@safe
public struct Completion: ~Copyable, Sendable {
  // Allocated separately, because a `struct completion` contains a list of waiters that points back
  // to it.
  private let shared: Shared<Event>

  // SAFETY: the kernel's structure contains a lock of its own.
  @safe struct Event: ~Copyable, @unchecked Sendable {
    let raw: Cell<completion>
  }

  /// A completion whose event has not happened.
  ///
  /// Throws: `outOfMemory`.
  /// Context: as the flags say.
  @inline(__always)
  public init(
    _ flags: AllocationFlags, node: NUMANode = .any, class lockClass: LockClass = #lockClass
  ) throws(Errno) {
    // SAFETY: all zeroes, until the next call initialises it as a `struct completion`.
    unsafe shared = try Shared(Event(raw: Cell(completion())), flags, node: node)
    // INVARIANT: the structure is at its final address, and no other code has that address yet.
    unsafe apus_completion_init(shared.value.raw.address, lockClass.address)
  }

  private init(_ shared: consuming Shared<Event>) { self.shared = shared }

  /// Returns another owner of the same completion.
  ///
  /// Context: any.
  public borrowing func share() -> Completion { Completion(shared.share()) }

  /// Signals one event: wakes one waiter, or lets the next call to `wait` return without waiting.
  /// The corresponding C function is `complete`.
  ///
  /// Context: any.
  public borrowing func complete() {
    // SAFETY: `init` initialised the completion, and this value's reference keeps its memory.
    unsafe CKernel.complete(shared.value.raw.address)
  }

  /// Wakes all waiters, and lets every later call to `wait` return without waiting, until `reset`.
  /// The corresponding C function is `complete_all`.
  ///
  /// Context: any.
  public borrowing func completeAll() {
    // SAFETY: `init` initialised the completion, and this value's reference keeps its memory.
    unsafe complete_all(shared.value.raw.address)
  }

  /// Waits until the event happens, without a time limit.
  /// The corresponding C function is `wait_for_completion`.
  ///
  /// Context: may sleep.
  public borrowing func wait() {
    // SAFETY: `init` initialised the completion, and this value's reference keeps its memory.
    unsafe apus_completion_wait(shared.value.raw.address)
  }

  /// Waits until the event happens or the timeout expires.
  ///
  /// The timeout is rounded up to jiffies. Returns whether the event happened. The corresponding C
  /// function is `wait_for_completion_timeout`.
  ///
  /// Context: may sleep.
  public borrowing func wait(timeout: Nanoseconds) -> Bool {
    // SAFETY: the type's invariant; the helper limits the timeout.
    unsafe apus_completion_wait_timeout(shared.value.raw.address, timeout.count)
  }

  /// Waits until the event happens or a signal arrives.
  /// The corresponding C function is `wait_for_completion_interruptible`.
  ///
  /// Throws: `interrupted` if a signal arrived.
  /// Context: may sleep.
  public borrowing func waitInterruptibly() throws(Errno) {
    // SAFETY: the type's invariant. The only error is -ERESTARTSYS.
    if unsafe apus_completion_wait_interruptible(shared.value.raw.address) != 0 {
      throw .interrupted
    }
  }

  /// Consumes an event if one has happened, and returns whether it did. Does not wait.
  /// The corresponding C function is `try_wait_for_completion`.
  ///
  /// Context: any.
  public borrowing func tryWait() -> Bool {
    // SAFETY: `init` initialised the completion, and this value's reference keeps its memory.
    unsafe try_wait_for_completion(shared.value.raw.address)
  }

  /// Discards all events that have happened. The corresponding C function is `reinit_completion`.
  ///
  /// To be called when no task waits. A waiter that was woken but has not yet consumed its event
  /// waits again.
  ///
  /// Context: any.
  public borrowing func reset() {
    // SAFETY: the type's invariant; it writes one word, which the waiters read under their lock.
    unsafe apus_completion_reset(shared.value.raw.address)
  }
}
