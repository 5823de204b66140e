// SPDX-License-Identifier: GPL-2.0-only
// A spin lock with many readers or one writer.
// C header: include/linux/rwlock.h

internal import CKernel

/// A value that many CPUs read concurrently, or one CPU changes.
///
/// Like `SpinLockIRQ`, it disables interrupts while it is held and can be taken in any context. Use
/// it only if there are many readers that hold it for long; otherwise a `SpinLockIRQ` is faster.
/// The bodies must not sleep. Taking the lock for writing inside its own body is a deadlock.
///
/// Invariant: the value is changed only while the lock is held for writing, and read only while it
/// is held.
public struct RWLockIRQ<Value: ~Copyable>: ~Copyable {
  // A lock may move while it is not held. Holding it borrows it, so it does not move while it is
  // held.
  private let lock: Cell<apus_rwlock>
  private let value: Cell<Value>

  /// An unlocked lock. The corresponding C function is `rwlock_init`.
  public init(_ value: consuming Value, class lockClass: LockClass = #lockClass) {
    self.lock = Cell(apus_rwlock())
    self.value = Cell(value)
    // SAFETY: the lock owns the memory.
    unsafe apus_rwlock_init(lock.address, lockClass.address)
  }

  /// Runs `body` with the value for reading, while no CPU changes it.
  ///
  /// The corresponding C functions are `read_lock_irqsave` and `read_unlock_irqrestore`.
  ///
  /// Context: any; the body runs in atomic context.
  @inline(__always)
  public borrowing func withReadLock<Result: ~Copyable, Failure: Error>(
    _ body: (borrowing Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: initialised in `init`; its address is stable while self is borrowed.
    let flags = unsafe apus_read_lock_irqsave(lock.address)
    // SAFETY: the lock was taken above, with these flags.
    defer { unsafe apus_read_unlock_irqrestore(lock.address, flags) }
    // SAFETY: the type's invariant: the lock is held.
    return try unsafe body(value.address.pointee)
  }

  /// Runs `body` with the value for changing, while no other CPU reaches it.
  ///
  /// The corresponding C functions are `write_lock_irqsave` and `write_unlock_irqrestore`.
  ///
  /// Context: any; the body runs in atomic context.
  @inline(__always)
  public borrowing func withWriteLock<Result: ~Copyable, Failure: Error>(
    _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: initialised in `init`; its address is stable while self is borrowed.
    let flags = unsafe apus_write_lock_irqsave(lock.address)
    // SAFETY: the lock was taken above, with these flags.
    defer { unsafe apus_write_unlock_irqrestore(lock.address, flags) }
    // SAFETY: the type's invariant: the lock is held for writing.
    return try unsafe body(&value.address.pointee)
  }
}

// SAFETY: the lock is safe to share. Readers on several CPUs use the value concurrently, so the
// value must be Sendable.
extension RWLockIRQ: @unchecked Sendable where Value: Sendable & ~Copyable {}
