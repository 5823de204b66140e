// SPDX-License-Identifier: GPL-2.0-only
// A spin lock that owns the value it protects.
// C header: include/linux/spinlock.h

internal import CKernel

/// A value that one CPU at a time accesses.
///
/// The lock disables interrupts on its CPU while it is held, so any context can take it, including
/// interrupt handlers such as timers. The body must not sleep. Taking the lock again inside its own
/// body is a deadlock, which the debug kernel reports.
///
/// Which lock to use:
/// - for values that an interrupt handler accesses: `SpinLockIRQ`;
/// - for values that only tasks access, for a few instructions: `SpinLock`, which leaves
///   interrupts on;
/// - for values that only tasks access, with a body that may sleep: `Mutex`;
/// - for values that are often read and seldom changed: `RWSemaphore` (may sleep),
///   `RWLockIRQ` (any context), `RCUBox` (readers never wait).
///
/// Invariant: the value is accessed only while the lock is held.
///
/// ```swift
/// /// The bios that wait until a chunk has been copied. `map` adds them in process context. The
/// /// end of the copy takes them, in an interrupt.
/// struct WaitingBios<Driver: Target & ~Copyable>: ~Copyable, Sendable {
///   private let bios = SpinLockIRQ(BioList<Driver>())
///
///   func add(_ bio: consuming TargetBio<Driver>) {
///     // A closure cannot consume a captured value, but it can take it out of an optional.
///     var added: TargetBio<Driver>? = consume bio
///     bios.withLock { bios in
///       if let bio = added.take() { bios.append(bio) }
///     }
///   }
///
///   func takeAll() -> BioList<Driver> {
///     bios.withLock { bios in
///       var taken = BioList<Driver>()
///       taken.append(contentsOf: &bios)
///       return taken
///     }
///   }
/// }
/// ```
public struct SpinLockIRQ<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
  // A lock may move while it is not held. Holding it borrows it, so it does not move while it is
  // held.
  private let lock: Cell<apus_spinlock>
  private let value: Cell<Value>

  /// An unlocked lock.
  public init(_ value: consuming sending Value, class lockClass: LockClass = #lockClass) {
    self.lock = Cell(apus_spinlock())
    self.value = Cell(value)
    // SAFETY: the lock owns the memory; the class's name is static.
    unsafe apus_spin_lock_init(lock.address, lockClass.address)
  }

  /// Runs `body` with the value while this CPU holds the lock.
  ///
  /// The corresponding C functions are `spin_lock_irqsave` and `spin_unlock_irqrestore`.
  ///
  /// Context: any; the body runs in atomic context.
  @inline(__always)
  public borrowing func withLock<Result: ~Copyable, Failure: Error>(
    _ body: (inout sending Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    // SAFETY: initialised in `init`; its address is stable while self is borrowed.
    let flags = unsafe apus_spin_lock_irqsave(lock.address)
    // SAFETY: the lock was taken above, with these flags.
    defer { unsafe apus_spin_unlock_irqrestore(lock.address, flags) }
    // SAFETY: the type's invariant: the lock is held.
    return try unsafe body(&value.address.pointee)
  }

  /// Runs `body` with the value, or returns nil immediately if a CPU holds the lock.
  ///
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
    // SAFETY: the lock was taken above, with these flags.
    defer { unsafe apus_spin_unlock_irqrestore(lock.address, saved) }
    // SAFETY: the type's invariant: the lock is held.
    return try unsafe body(&value.address.pointee)
  }

  /// Runs `body` with the value in a context where interrupts are already off, which saves
  /// disabling them again.
  ///
  /// The `TimerContext` proves that interrupts are off: only a timer's handler has one.
  ///
  /// The corresponding C functions are `spin_lock` and `spin_unlock`.
  ///
  /// Context: a timer's handler; the body runs in atomic context.
  @inline(__always)
  public borrowing func withLock<Result: ~Copyable, Failure: Error>(
    in timer: borrowing TimerContext,
    _ body: (inout sending Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    // SAFETY: initialised in `init`; its address is stable while self is borrowed.
    unsafe apus_spin_lock_in_interrupt(lock.address)
    // SAFETY: the lock was taken above.
    defer { unsafe apus_spin_unlock(lock.address) }
    // SAFETY: the type's invariant: the lock is held.
    return try unsafe body(&value.address.pointee)
  }
}
