// SPDX-License-Identifier: GPL-2.0-only
// A sleeping lock that owns what it protects.
// C header: include/linux/mutex.h

internal import CKernel

/// A value that is reached by one task at a time; the others sleep until it is their turn.
///
/// The body may sleep. Taking the lock again inside its own body is a deadlock, which the debug kernel reports.
///
/// Invariant: the value is touched only while the lock is held; `core`'s lock is initialised.
@safe
public struct Mutex<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
  @safe struct Core: ~Copyable {
    let lock: Cell<mutex>
    let value: Cell<Value>
  }

  // In memory of its own: a `struct mutex` has a list of those that wait, which points back to it.
  private let core: HeapBox<Core>

  /// Moves a value under a lock of its own.
  ///
  /// Throws: `outOfMemory`; the value has ended then.
  /// Context: as the flags say.
  @inline(__always)
  public init(
    _ value: consuming sending Value, _ flags: AllocationFlags, node: NUMANode = .any,
    class lockClass: LockClass = #lockClass
  ) throws(Errno) {
    // SAFETY: all zeroes, until the next call makes it a `struct mutex`.
    unsafe core = try HeapBox(Core(lock: Cell(mutex()), value: Cell(value)), flags, node: node)
    // INVARIANT: the lock is at its last address, and nobody else knows it yet.
    unsafe apus_mutex_init(core.value.lock.address, lockClass.address)
  }

  deinit {
    // SAFETY: initialised in `init`; nobody holds it, since holding it borrows it.
    unsafe apus_mutex_destroy(core.value.lock.address)
  }

  /// Runs `body` with the value while this task holds the lock.
  /// The corresponding C functions are `mutex_lock` and `mutex_unlock`.
  ///
  /// Context: may sleep.
  @inline(__always)
  public borrowing func withLock<Result: ~Copyable, Failure: Error>(
    _ body: (inout sending Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    // SAFETY: initialised in `init`; the box's memory stays while self is borrowed.
    unsafe apus_mutex_lock(core.value.lock.address)
    // SAFETY: the lock was taken just now, by this task.
    defer { unsafe apus_mutex_unlock(core.value.lock.address) }
    // SAFETY: the type's invariant: the lock is held.
    return try unsafe body(&core.value.value.address.pointee)
  }

  /// Runs `body` with the value while this task holds the lock, unless a signal comes first.
  /// The corresponding C function is `mutex_lock_interruptible`.
  ///
  /// Throws: `interrupted` if a signal came, and nothing ran; what `body` throws.
  /// Context: may sleep.
  @inline(__always)
  public borrowing func withLockInterruptibly<Result: ~Copyable>(
    _ body: (inout sending Value) throws(Errno) -> sending Result
  ) throws(Errno) -> sending Result {
    // SAFETY: initialised in `init`; the box's memory stays while self is borrowed.
    try Errno.check(unsafe apus_mutex_lock_interruptible(core.value.lock.address))
    // SAFETY: the lock was taken just now, by this task.
    defer { unsafe apus_mutex_unlock(core.value.lock.address) }
    // SAFETY: the type's invariant: the lock is held.
    return try unsafe body(&core.value.value.address.pointee)
  }

  /// Runs `body` with the value if no task holds the lock, or gives nil at once.
  /// The corresponding C function is `mutex_trylock`.
  ///
  /// Context: a task; does not sleep, but for what the body does.
  @inline(__always)
  public borrowing func withLockIfAvailable<Result: ~Copyable, Failure: Error>(
    _ body: (inout sending Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result? {
    // SAFETY: initialised in `init`; the box's memory stays while self is borrowed.
    guard unsafe apus_mutex_trylock(core.value.lock.address) else { return nil }
    // SAFETY: the lock was taken just now, by this task.
    defer { unsafe apus_mutex_unlock(core.value.lock.address) }
    // SAFETY: the type's invariant: the lock is held.
    return try unsafe body(&core.value.value.address.pointee)
  }
}
