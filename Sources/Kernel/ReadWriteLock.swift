// SPDX-License-Identifier: GPL-2.0-only
// A sleeping lock with many readers or one writer.
// C header: include/linux/rwsem.h

internal import CKernel

/// A value that many tasks read at once, or one changes.
///
/// The body may sleep. Taking the lock inside its own body, also twice to read, is a deadlock once a writer waits in
/// between; the debug kernel reports it.
///
/// Invariant: the value is changed only while the lock is held to write, and read only while it is held; `core`'s lock
/// is initialised.
@safe
public struct ReadWriteLock<Value: ~Copyable>: ~Copyable {
  @safe struct Core: ~Copyable {
    let lock: Cell<rw_semaphore>
    let value: Cell<Value>
  }

  // In memory of its own: a `struct rw_semaphore` has a list of those that wait, which points back to it.
  private let core: HeapBox<Core>

  /// Moves a value under a lock of its own.
  ///
  /// Throws: `outOfMemory`; the value has ended then.
  /// Context: as the flags say.
  @inline(__always)
  public init(
    _ value: consuming Value, _ flags: AllocationFlags, node: NUMANode = .any, class lockClass: LockClass = #lockClass
  ) throws(Errno) {
    // SAFETY: all zeroes, until the next call makes it a `struct rw_semaphore`.
    unsafe core = try HeapBox(Core(lock: Cell(rw_semaphore()), value: Cell(value)), flags, node: node)
    // INVARIANT: the lock is at its last address, and nobody else knows it yet.
    unsafe apus_rwsem_init(core.value.lock.address, lockClass.address)
  }

  /// Runs `body` with the value to read, while no task changes it.
  /// The corresponding C functions are `down_read` and `up_read`.
  ///
  /// Context: may sleep.
  @inline(__always)
  public borrowing func withReadLock<Result: ~Copyable, Failure: Error>(
    _ body: (borrowing Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: initialised in `init`; the box's memory stays while self is borrowed.
    unsafe apus_down_read(core.value.lock.address)
    // SAFETY: the lock was taken just now, to read.
    defer { unsafe up_read(core.value.lock.address) }
    // SAFETY: the type's invariant: the lock is held.
    return try unsafe body(core.value.value.address.pointee)
  }

  /// Runs `body` with the value to read if no task holds the lock to write, or gives nil at once.
  /// The corresponding C function is `down_read_trylock`.
  ///
  /// Context: a task; does not sleep, but for what the body does.
  @inline(__always)
  public borrowing func withReadLockIfAvailable<Result: ~Copyable, Failure: Error>(
    _ body: (borrowing Value) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    // SAFETY: initialised in `init`; the box's memory stays while self is borrowed.
    guard unsafe down_read_trylock(core.value.lock.address) != 0 else { return nil }
    // SAFETY: the lock was taken just now, to read.
    defer { unsafe up_read(core.value.lock.address) }
    // SAFETY: the type's invariant: the lock is held.
    return try unsafe body(core.value.value.address.pointee)
  }

  /// Runs `body` with the value to read, unless a signal comes first.
  /// The corresponding C function is `down_read_interruptible`.
  ///
  /// Throws: `interrupted` if a signal came, and nothing ran; what `body` throws.
  /// Context: may sleep.
  @inline(__always)
  public borrowing func withReadLockInterruptibly<Result: ~Copyable>(
    _ body: (borrowing Value) throws(Errno) -> Result
  ) throws(Errno) -> Result {
    // SAFETY: initialised in `init`; the box's memory stays while self is borrowed.
    try Errno.check(unsafe apus_down_read_interruptible(core.value.lock.address))
    // SAFETY: the lock was taken just now, to read.
    defer { unsafe up_read(core.value.lock.address) }
    // SAFETY: the type's invariant: the lock is held.
    return try unsafe body(core.value.value.address.pointee)
  }

  /// Runs `body` with the value to change, while no other task reaches it.
  /// The corresponding C functions are `down_write` and `up_write`.
  ///
  /// Context: may sleep.
  @inline(__always)
  public borrowing func withWriteLock<Result: ~Copyable, Failure: Error>(
    _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: initialised in `init`; the box's memory stays while self is borrowed.
    unsafe apus_down_write(core.value.lock.address)
    // SAFETY: the lock was taken just now, to write.
    defer { unsafe up_write(core.value.lock.address) }
    // SAFETY: the type's invariant: the lock is held to write.
    return try unsafe body(&core.value.value.address.pointee)
  }

  /// Runs `body` with the value to change if no task holds the lock, or gives nil at once.
  /// The corresponding C function is `down_write_trylock`.
  ///
  /// Context: a task; does not sleep, but for what the body does.
  @inline(__always)
  public borrowing func withWriteLockIfAvailable<Result: ~Copyable, Failure: Error>(
    _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    // SAFETY: initialised in `init`; the box's memory stays while self is borrowed.
    guard unsafe down_write_trylock(core.value.lock.address) != 0 else { return nil }
    // SAFETY: the lock was taken just now, to write.
    defer { unsafe up_write(core.value.lock.address) }
    // SAFETY: the type's invariant: the lock is held to write.
    return try unsafe body(&core.value.value.address.pointee)
  }
}

// SAFETY: readers on several threads reach the value at once, so it must be ready for that; the lock is.
extension ReadWriteLock: @unchecked Sendable where Value: Sendable & ~Copyable {}
