// SPDX-License-Identifier: GPL-2.0-only
// A mutex that owns the value it protects.
// C header: include/linux/mutex.h

internal import CKernel

/// A value that one task accesses at a time. Other tasks sleep until the lock is free.
///
/// The body may sleep. Taking the lock again within its own body is a deadlock, which lockdep
/// reports.
///
/// Invariant: the value is accessed only while the lock is held; the lock in `storage` is
/// initialised.
///
/// ```swift
/// /// The backing device of a disk, which a user attaches and detaches while the disk exists.
/// struct BackingDevice: ~Copyable, Sendable {
///   private let device: Mutex<BlockDevice?>
///
///   init() throws(Errno) { device = try Mutex(nil, .kernel) }
///
///   /// Opens the device under the lock: the body of a mutex may sleep.
///   func attach(_ path: borrowing CString) throws(Errno) {
///     try device.withLock { device throws(Errno) in
///       if device != nil { throw .busy }
///       device = try BlockDevice(path: path)
///     }
///   }
///
///   /// Waits for the bios in flight and closes the device.
///   func detach() { device.withLock { device in device = nil } }
/// }
/// ```
@safe
public struct Mutex<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
  @safe struct Storage: ~Copyable {
    let lock: Cell<mutex>
    let value: Cell<Value>
  }

  // Allocated separately, because a `struct mutex` contains a list of waiters that points back to
  // it.
  private let storage: HeapBox<Storage>

  /// Moves a value into memory together with an unlocked mutex.
  ///
  /// Throws: `outOfMemory`; the value is destroyed then.
  /// Context: as the flags say.
  @inline(__always)
  public init(
    _ value: consuming sending Value, _ flags: AllocationFlags, node: NUMANode = .any,
    class lockClass: LockClass = #lockClass
  ) throws(Errno) {
    // SAFETY: all zeroes, until the next call initialises it as a `struct mutex`.
    unsafe storage = try HeapBox(
      Storage(lock: Cell(mutex()), value: Cell(value)), flags, node: node)
    // INVARIANT: the lock is at its final address, and no other code has that address yet.
    unsafe apus_mutex_init(storage.value.lock.address, lockClass.address)
  }

  deinit {
    // SAFETY: initialised in `init`; no task holds it, since holding the lock borrows this value.
    unsafe apus_mutex_destroy(storage.value.lock.address)
  }

  /// Calls `body` with the value while this task holds the lock.
  /// The corresponding C functions are `mutex_lock` and `mutex_unlock`.
  ///
  /// Context: may sleep.
  @inline(__always)
  public borrowing func withLock<Result: ~Copyable, Failure: Error>(
    _ body: (inout sending Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    // SAFETY: initialised in `init`; the box keeps the memory while self is borrowed.
    unsafe apus_mutex_lock(storage.value.lock.address)
    // SAFETY: this task took the lock above.
    defer { unsafe apus_mutex_unlock(storage.value.lock.address) }
    // SAFETY: the type's invariant: the lock is held.
    return try unsafe body(&storage.value.value.address.pointee)
  }

  /// Calls `body` with the value while this task holds the lock, unless a signal arrives first.
  /// The corresponding C function is `mutex_lock_interruptible`.
  ///
  /// Throws: `interrupted` if a signal arrived, and `body` was not called; what `body` throws.
  /// Context: may sleep.
  @inline(__always)
  public borrowing func withLockInterruptibly<Result: ~Copyable>(
    _ body: (inout sending Value) throws(Errno) -> sending Result
  ) throws(Errno) -> sending Result {
    // SAFETY: initialised in `init`; the box keeps the memory while self is borrowed.
    try Errno.check(unsafe apus_mutex_lock_interruptible(storage.value.lock.address))
    // SAFETY: this task took the lock above.
    defer { unsafe apus_mutex_unlock(storage.value.lock.address) }
    // SAFETY: the type's invariant: the lock is held.
    return try unsafe body(&storage.value.value.address.pointee)
  }

  /// Calls `body` with the value if no task holds the lock. Otherwise returns nil immediately.
  /// The corresponding C function is `mutex_trylock`.
  ///
  /// Context: process context; does not sleep, unless `body` does.
  @inline(__always)
  public borrowing func withLockIfAvailable<Result: ~Copyable, Failure: Error>(
    _ body: (inout sending Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result? {
    // SAFETY: initialised in `init`; the box keeps the memory while self is borrowed.
    guard unsafe apus_mutex_trylock(storage.value.lock.address) else { return nil }
    // SAFETY: this task took the lock above.
    defer { unsafe apus_mutex_unlock(storage.value.lock.address) }
    // SAFETY: the type's invariant: the lock is held.
    return try unsafe body(&storage.value.value.address.pointee)
  }
}
