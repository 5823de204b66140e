// SPDX-License-Identifier: GPL-2.0-only
// A spin lock that owns what it protects.
// C header: include/linux/spinlock.h

internal import CKernel

/// A value that is reached by one CPU at a time.
///
/// The lock disables interrupts of its CPU while it is held, so it can be taken in any context and shared with
/// interrupt handlers. The body must not sleep. Taking it again inside its own body is a deadlock, which the
/// debug kernel reports.
///
/// Invariant: the value is touched only between the two calls in `withLock`.
public struct SpinLock<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
  // A lock may move while nobody holds it, and nobody does: holding it borrows it.
  private let lock: Cell<apus_spinlock>
  private let value: Cell<Value>

  /// An unlocked lock.
  public init(_ value: consuming Value, class lockClass: LockClass = #lockClass) {
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
    _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: initialised in `init`; its address is stable while self is borrowed.
    let flags = unsafe apus_spin_lock_irqsave(lock.address)
    // SAFETY: the lock was taken just now, with these flags.
    defer { unsafe apus_spin_unlock_irqrestore(lock.address, flags) }
    // SAFETY: the type's invariant: the lock is held.
    return try unsafe body(&value.address.pointee)
  }
}
