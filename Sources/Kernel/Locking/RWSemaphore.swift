// SPDX-License-Identifier: GPL-2.0-only
// A sleeping lock with many readers or one writer.
// C header: include/linux/rwsem.h

internal import CKernel

/// A value that many tasks read concurrently, or one task changes.
///
/// The body may sleep. Taking the lock inside its own body is a deadlock. So is a nested read lock,
/// if a writer waits between the two; the debug kernel reports it.
///
/// Invariant: the value is changed only while the lock is held for writing, and read only while it
/// is held; `storage`'s lock is initialised.
///
/// ```swift
/// /// Where the segments of a log-structured disk lie on its device. Each request looks a place
/// /// up, and only the cleaner changes it.
/// struct SegmentMap: ~Copyable, Sendable {
///   private let places: RWSemaphore<RigidArray<Sector>>
///
///   init(_ places: consuming RigidArray<Sector>) throws(Errno) {
///     self.places = try RWSemaphore(places, .kernel)
///   }
///
///   func place(ofSegment index: Int) -> Sector? {
///     places.withReadLock { places in places.withElement(at: index) { place in place } }
///   }
///
///   func move(segment index: Int, to new: Sector) throws(Errno) {
///     let found: Void? = places.withWriteLock { places in
///       places.withMutableElement(at: index) { place in place = new }
///     }
///     if found == nil { throw .invalidArgument }
///   }
/// }
/// ```
@safe
public struct RWSemaphore<Value: ~Copyable>: ~Copyable {
  @safe struct Storage: ~Copyable {
    let lock: Cell<rw_semaphore>
    let value: Cell<Value>
  }

  // In its own allocation: a `struct rw_semaphore` has a list of waiters, which points back to it.
  private let storage: HeapBox<Storage>

  /// Moves a value under a new lock.
  ///
  /// Throws: `outOfMemory`; the value has ended then.
  /// Context: as the flags say.
  @inline(__always)
  public init(
    _ value: consuming Value, _ flags: AllocationFlags, node: NUMANode = .any,
    class lockClass: LockClass = #lockClass
  ) throws(Errno) {
    // SAFETY: all zeroes is valid until the next call initialises the `struct rw_semaphore`.
    unsafe storage = try HeapBox(
      Storage(lock: Cell(rw_semaphore()), value: Cell(value)), flags, node: node)
    // INVARIANT: the lock is at its final address, which no other code knows yet.
    unsafe apus_rwsem_init(storage.value.lock.address, lockClass.address)
  }

  /// Runs `body` with the value for reading, while no task changes it.
  ///
  /// The corresponding C functions are `down_read` and `up_read`.
  ///
  /// Context: may sleep.
  @inline(__always)
  public borrowing func withReadLock<Result: ~Copyable, Failure: Error>(
    _ body: (borrowing Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: initialised in `init`; the box's memory stays while self is borrowed.
    unsafe apus_down_read(storage.value.lock.address)
    // SAFETY: the read lock was taken above.
    defer { unsafe up_read(storage.value.lock.address) }
    // SAFETY: the type's invariant: the lock is held.
    return try unsafe body(storage.value.value.address.pointee)
  }

  /// Runs `body` with the value for reading, or returns nil immediately if a task holds the lock
  /// for writing.
  ///
  /// The corresponding C function is `down_read_trylock`.
  ///
  /// Context: process context; does not sleep, unless the body does.
  @inline(__always)
  public borrowing func withReadLockIfAvailable<Result: ~Copyable, Failure: Error>(
    _ body: (borrowing Value) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    // SAFETY: initialised in `init`; the box's memory stays while self is borrowed.
    guard unsafe apus_down_read_trylock(storage.value.lock.address) else { return nil }
    // SAFETY: the read lock was taken above.
    defer { unsafe up_read(storage.value.lock.address) }
    // SAFETY: the type's invariant: the lock is held.
    return try unsafe body(storage.value.value.address.pointee)
  }

  /// Runs `body` with the value for reading, unless a signal interrupts the wait for the lock.
  ///
  /// The corresponding C function is `down_read_interruptible`.
  ///
  /// Throws: `interrupted` if a signal arrived, and then `body` did not run; what `body` throws.
  /// Context: may sleep.
  @inline(__always)
  public borrowing func withReadLockInterruptibly<Result: ~Copyable>(
    _ body: (borrowing Value) throws(Errno) -> Result
  ) throws(Errno) -> Result {
    // SAFETY: initialised in `init`; the box's memory stays while self is borrowed.
    try Errno.check(unsafe apus_down_read_interruptible(storage.value.lock.address))
    // SAFETY: the read lock was taken above.
    defer { unsafe up_read(storage.value.lock.address) }
    // SAFETY: the type's invariant: the lock is held.
    return try unsafe body(storage.value.value.address.pointee)
  }

  /// Runs `body` with the value for changing, while no other task reaches it.
  ///
  /// The corresponding C functions are `down_write` and `up_write`.
  ///
  /// Context: may sleep.
  @inline(__always)
  public borrowing func withWriteLock<Result: ~Copyable, Failure: Error>(
    _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: initialised in `init`; the box's memory stays while self is borrowed.
    unsafe apus_down_write(storage.value.lock.address)
    // SAFETY: the write lock was taken above.
    defer { unsafe up_write(storage.value.lock.address) }
    // SAFETY: the type's invariant: the lock is held for writing.
    return try unsafe body(&storage.value.value.address.pointee)
  }

  /// Runs `body` with the value for changing, or returns nil immediately if a task holds the lock.
  ///
  /// The corresponding C function is `down_write_trylock`.
  ///
  /// Context: process context; does not sleep, unless the body does.
  @inline(__always)
  public borrowing func withWriteLockIfAvailable<Result: ~Copyable, Failure: Error>(
    _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    // SAFETY: initialised in `init`; the box's memory stays while self is borrowed.
    guard unsafe apus_down_write_trylock(storage.value.lock.address) else { return nil }
    // SAFETY: the write lock was taken above.
    defer { unsafe up_write(storage.value.lock.address) }
    // SAFETY: the type's invariant: the lock is held for writing.
    return try unsafe body(&storage.value.value.address.pointee)
  }
}

// SAFETY: the lock is safe to share. Readers on several threads use the value concurrently, so the
// value must be Sendable.
extension RWSemaphore: @unchecked Sendable where Value: Sendable & ~Copyable {}
