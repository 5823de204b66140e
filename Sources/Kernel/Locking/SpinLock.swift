// SPDX-License-Identifier: GPL-2.0-only
// A spin lock for process context only, which leaves interrupts on.
// C header: include/linux/spinlock.h

internal import CKernel

/// A value that one CPU at a time accesses, and no interrupt handler.
///
/// It is cheaper than a `SpinLockIRQ`, because interrupts stay on. It is for process context only:
/// an interrupt handler (for example, a timer's) that takes the lock on the CPU that holds it would
/// deadlock. The debug kernel reports use in another context. The body must not sleep. Taking the
/// lock again inside its own body is a deadlock.
///
/// Invariant: the value is accessed only while the lock is held.
///
/// ```swift
/// /// The chunks of a thin device that are not mapped yet. Only `map` takes chunks, which runs in
/// /// process context.
/// struct FreeChunks: ~Copyable, Sendable {
///   struct State {
///     var next: UInt64 = 0
///     let end: UInt64
///   }
///
///   private let state: SpinLock<State>
///
///   init(count: UInt64) { state = SpinLock(State(end: count)) }
///
///   /// Takes a chunk, or returns nil if the device is full.
///   func take() -> UInt64? {
///     state.withLock { state in
///       guard state.next < state.end else { return nil }
///       defer { state.next &+= 1 }
///       return state.next
///     }
///   }
/// }
/// ```
public struct SpinLock<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
  // A lock may move while it is not held. Holding it borrows it, so it does not move while it is
  // held.
  private let lock: Cell<apus_spinlock>
  private let value: Cell<Value>

  /// An unlocked lock. The corresponding C function is `spin_lock_init`.
  public init(_ value: consuming sending Value, class lockClass: LockClass = #lockClass) {
    self.lock = Cell(apus_spinlock())
    self.value = Cell(value)
    // SAFETY: the lock owns the memory.
    unsafe apus_spin_lock_init(lock.address, lockClass.address)
  }

  /// Runs `body` with the value while this CPU holds the lock.
  ///
  /// The corresponding C functions are `spin_lock` and `spin_unlock`.
  ///
  /// Context: process context; the body runs in atomic context.
  @inline(__always)
  public borrowing func withLock<Result: ~Copyable, Failure: Error>(
    _ body: (inout sending Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    // SAFETY: initialised in `init`; its address is stable while self is borrowed.
    unsafe apus_spin_lock(lock.address)
    // SAFETY: the lock was taken above.
    defer { unsafe apus_spin_unlock(lock.address) }
    // SAFETY: the type's invariant: the lock is held.
    return try unsafe body(&value.address.pointee)
  }

  /// Runs `body` with the value and with `given`, which the body may consume, while this CPU holds
  /// the lock.
  ///
  /// The argument exists because a closure cannot consume a captured value.
  ///
  /// Context: process context; the body runs in atomic context.
  @inline(__always)
  public borrowing func withLock<Given: ~Copyable, Result: ~Copyable, Failure: Error>(
    giving given: consuming sending Given,
    _ body: (inout sending Value, consuming sending Given) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    // SAFETY: initialised in `init`; its address is stable while self is borrowed.
    unsafe apus_spin_lock(lock.address)
    // SAFETY: the lock was taken above.
    defer { unsafe apus_spin_unlock(lock.address) }
    // SAFETY: the type's invariant: the lock is held.
    return try unsafe body(&value.address.pointee, given)
  }

  /// Runs `body` with the value, or returns nil immediately if a CPU holds the lock.
  ///
  /// The corresponding C function is `spin_trylock`.
  ///
  /// Context: process context; the body runs in atomic context.
  @inline(__always)
  public borrowing func withLockIfAvailable<Result: ~Copyable, Failure: Error>(
    _ body: (inout sending Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result? {
    // SAFETY: initialised in `init`; its address is stable while self is borrowed.
    guard unsafe apus_spin_trylock(lock.address) else { return nil }
    // SAFETY: the lock was taken above.
    defer { unsafe apus_spin_unlock(lock.address) }
    // SAFETY: the type's invariant: the lock is held.
    return try unsafe body(&value.address.pointee)
  }
}
