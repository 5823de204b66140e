// SPDX-License-Identifier: GPL-2.0-only
// A spin lock that owns what it protects.
// C header: include/linux/spinlock.h

internal import CKernel

/// A value that is reached by one CPU at a time.
///
/// The lock disables interrupts of its CPU while it is held, so it can be taken in any context and shared with
/// interrupt handlers (timers are such). The body must not sleep. Taking it again inside its own body is a deadlock,
/// which the debug kernel reports.
///
/// Which lock to use:
/// - what an interrupt handler reaches: `SpinLock`;
/// - what only tasks reach, for a few instructions: `TaskSpinLock`, which leaves interrupts on;
/// - what only tasks reach, and a body that may sleep: `Mutex`;
/// - much read, seldom changed: `ReadWriteLock` (may sleep), `ReadWriteSpinLock` (any context), `RCUBox` (readers wait
///   for nobody).
///
/// Invariant: the value is touched only while the lock is held.
public struct SpinLock<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
  // A lock may move while nobody holds it, and nobody does: holding it borrows it.
  private let lock: Cell<apus_spinlock>
  private let value: Cell<Value>

  /// An unlocked lock.
  public init(_ value: consuming sending Value, class lockClass: LockClass = #lockClass) {
    self.lock = Cell(apus_spinlock())
    self.value = Cell(value)
    // SAFETY: the memory is the lock's own; the class's name is static.
    unsafe apus_spin_lock_init(lock.address, lockClass.address)
  }

  /// Runs `body` with the value while this CPU holds the lock.
  /// The corresponding C functions are `spin_lock_irqsave` and `spin_unlock_irqrestore`.
  ///
  /// Context: any; the body runs in atomic context.
  @inline(__always)
  public borrowing func withLock<Result: ~Copyable, Failure: Error>(
    _ body: (inout sending Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    // SAFETY: initialised in `init`; its address is stable while self is borrowed.
    let flags = unsafe apus_spin_lock_irqsave(lock.address)
    // SAFETY: the lock was taken just now, with these flags.
    defer { unsafe apus_spin_unlock_irqrestore(lock.address, flags) }
    // SAFETY: the type's invariant: the lock is held.
    return try unsafe body(&value.address.pointee)
  }

  /// Runs `body` with the value if no CPU holds the lock, or gives nil at once.
  /// The corresponding C function is `spin_trylock_irqsave`.
  ///
  /// Context: any; the body runs in atomic context.
  @inline(__always)
  public borrowing func withLockIfAvailable<Result: ~Copyable, Failure: Error>(
    _ body: (inout sending Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result? {
    var flags: UInt = 0
    // SAFETY: initialised in `init`; its address is stable while self is borrowed.
    guard unsafe apus_spin_trylock_irqsave(lock.address, &flags) else { return nil }
    let saved = flags
    // SAFETY: the lock was taken just now, with these flags.
    defer { unsafe apus_spin_unlock_irqrestore(lock.address, saved) }
    // SAFETY: the type's invariant: the lock is held.
    return try unsafe body(&value.address.pointee)
  }

  /// Runs `body` with the value where interrupts are off already, which saves turning them off once more: in a
  /// timer's handler, which alone has such a context. The corresponding C functions are `spin_lock` and `spin_unlock`.
  ///
  /// Context: a timer's handler; the body runs in atomic context.
  @inline(__always)
  public borrowing func withLock<Result: ~Copyable, Failure: Error>(
    in timer: borrowing TimerContext, _ body: (inout sending Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    // SAFETY: initialised in `init`; its address is stable while self is borrowed.
    unsafe apus_spin_lock_in_interrupt(lock.address)
    // SAFETY: the lock was taken just now.
    defer { unsafe apus_spin_unlock(lock.address) }
    // SAFETY: the type's invariant: the lock is held.
    return try unsafe body(&value.address.pointee)
  }
}
