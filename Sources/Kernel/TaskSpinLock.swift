// SPDX-License-Identifier: GPL-2.0-only
// A spin lock for tasks alone, which leaves interrupts on.
// C header: include/linux/spinlock.h

internal import CKernel

/// A value that is reached by one CPU at a time, and by no interrupt handler.
///
/// Cheaper than a `SpinLock`, because interrupts stay on: an interrupt handler (a timer's is one) that took it on the
/// CPU that holds it would wait for ever, so it is for tasks alone; the debug kernel reports another use. The body must
/// not sleep. Taking it again inside its own body is a deadlock.
///
/// Invariant: the value is touched only while the lock is held.
public struct TaskSpinLock<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
  // A lock may move while nobody holds it, and nobody does: holding it borrows it.
  private let lock: Cell<apus_spinlock>
  private let value: Cell<Value>

  public init(_ value: consuming sending Value, class lockClass: LockClass = #lockClass) {
    self.lock = Cell(apus_spinlock())
    self.value = Cell(value)
    // SAFETY: the memory is the lock's own.
    unsafe apus_spin_lock_init(lock.address, lockClass.address)
  }

  /// Runs `body` with the value while this CPU holds the lock.
  /// The corresponding C functions are `spin_lock` and `spin_unlock`.
  ///
  /// Context: a task; the body runs in atomic context.
  @inline(__always)
  public borrowing func withLock<Result: ~Copyable, Failure: Error>(
    _ body: (inout sending Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    // SAFETY: initialised in `init`; its address is stable while self is borrowed.
    unsafe apus_spin_lock(lock.address)
    // SAFETY: the lock was taken just now.
    defer { unsafe apus_spin_unlock(lock.address) }
    // SAFETY: the type's invariant: the lock is held.
    return try unsafe body(&value.address.pointee)
  }

  /// Runs `body` with the value and what it is given to keep, while this CPU holds the lock: a closure cannot consume what it has captured.
  ///
  /// Context: a task; the body runs in atomic context.
  @inline(__always)
  public borrowing func withLock<Given: ~Copyable, Result: ~Copyable, Failure: Error>(
    giving given: consuming sending Given,
    _ body: (inout sending Value, consuming sending Given) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    // SAFETY: initialised in `init`; its address is stable while self is borrowed.
    unsafe apus_spin_lock(lock.address)
    // SAFETY: the lock was taken just now.
    defer { unsafe apus_spin_unlock(lock.address) }
    // SAFETY: the type's invariant: the lock is held.
    return try unsafe body(&value.address.pointee, given)
  }

  /// Runs `body` with the value if no CPU holds the lock, or gives nil at once.
  /// The corresponding C function is `spin_trylock`.
  ///
  /// Context: a task; the body runs in atomic context.
  @inline(__always)
  public borrowing func withLockIfAvailable<Result: ~Copyable, Failure: Error>(
    _ body: (inout sending Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result? {
    // SAFETY: initialised in `init`; its address is stable while self is borrowed.
    guard unsafe apus_spin_trylock(lock.address) else { return nil }
    // SAFETY: the lock was taken just now.
    defer { unsafe apus_spin_unlock(lock.address) }
    // SAFETY: the type's invariant: the lock is held.
    return try unsafe body(&value.address.pointee)
  }
}
