// SPDX-License-Identifier: GPL-2.0-only
// A spin lock with many readers or one writer.
// C header: include/linux/rwlock.h

internal import CKernel

/// A value that many CPUs read at once, or one changes.
///
/// Like `SpinLock` it disables interrupts while it is held, and can be taken in any context. It is worth its cost only
/// where readers are many and take long; else a `SpinLock` is faster. The bodies must not sleep. Taking it to write
/// inside its own body is a deadlock.
///
/// Invariant: the value is changed only while the lock is held to write, and read only while it is held.
public struct ReadWriteSpinLock<Value: ~Copyable>: ~Copyable {
  // A lock may move while nobody holds it, and nobody does: holding it borrows it.
  private let lock: Cell<apus_rwlock>
  private let value: Cell<Value>

  public init(_ value: consuming Value, class lockClass: LockClass = #lockClass) {
    self.lock = Cell(apus_rwlock())
    self.value = Cell(value)
    // SAFETY: the memory is the lock's own.
    unsafe apus_rwlock_init(lock.address, lockClass.address)
  }

  /// Runs `body` with the value to read, while no CPU changes it.
  /// The corresponding C functions are `read_lock_irqsave` and `read_unlock_irqrestore`.
  ///
  /// Context: any; the body runs in atomic context.
  @inline(__always)
  public borrowing func withReadLock<Result: ~Copyable, Failure: Error>(
    _ body: (borrowing Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: initialised in `init`; its address is stable while self is borrowed.
    let flags = unsafe apus_read_lock_irqsave(lock.address)
    // SAFETY: the lock was taken just now, with these flags.
    defer { unsafe apus_read_unlock_irqrestore(lock.address, flags) }
    // SAFETY: the type's invariant: the lock is held.
    return try unsafe body(value.address.pointee)
  }

  /// Runs `body` with the value to change, while no other CPU reaches it.
  /// The corresponding C functions are `write_lock_irqsave` and `write_unlock_irqrestore`.
  ///
  /// Context: any; the body runs in atomic context.
  @inline(__always)
  public borrowing func withWriteLock<Result: ~Copyable, Failure: Error>(
    _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: initialised in `init`; its address is stable while self is borrowed.
    let flags = unsafe apus_write_lock_irqsave(lock.address)
    // SAFETY: the lock was taken just now, with these flags.
    defer { unsafe apus_write_unlock_irqrestore(lock.address, flags) }
    // SAFETY: the type's invariant: the lock is held to write.
    return try unsafe body(&value.address.pointee)
  }
}

// SAFETY: readers on several CPUs reach the value at once, so it must be ready for that; the lock is.
extension ReadWriteSpinLock: @unchecked Sendable where Value: Sendable & ~Copyable {}
