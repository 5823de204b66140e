// SPDX-License-Identifier: GPL-2.0-only
// Something that happens once, and those who wait for it.
// C header: include/linux/completion.h

internal import CKernel

/// An event: one side waits until the other says that it has happened.
///
/// Each side has an owner of its own, made with `share`, so the memory stays until both are done with it, in whatever
/// order.
///
/// An event that happens before anybody waits is not lost: it is counted, and each `wait` takes one.
///
/// Invariant: `shared`'s structure is initialised.
@safe
public struct Completion: ~Copyable, Sendable {
  // In memory of its own: a `struct completion` has a list of those that wait, which points back to it.
  private let shared: Shared<Event>

  // SAFETY: the kernel's structure has its own lock.
  @safe struct Event: ~Copyable, @unchecked Sendable {
    let raw: Cell<completion>
  }

  /// An event that has not happened.
  ///
  /// Throws: `outOfMemory`.
  /// Context: as the flags say.
  @inline(__always)
  public init(
    _ flags: AllocationFlags, node: NUMANode = .any, class lockClass: LockClass = #lockClass
  ) throws(Errno) {
    // SAFETY: all zeroes, until the next call makes it a `struct completion`.
    unsafe shared = try Shared(Event(raw: Cell(completion())), flags, node: node)
    // INVARIANT: the structure is at its last address, and nobody else knows it yet.
    unsafe apus_completion_init(shared.value.raw.address, lockClass.address)
  }

  private init(_ shared: consuming Shared<Event>) { self.shared = shared }

  /// One more owner of the same event.
  ///
  /// Context: any.
  public borrowing func share() -> Completion { Completion(shared.share()) }

  /// Says that the event happened: one that waits goes on, or the next that would wait does not.
  /// The corresponding C function is `complete`.
  ///
  /// Context: any.
  public borrowing func complete() {
    // SAFETY: the type's invariant.
    unsafe CKernel.complete(shared.value.raw.address)
  }

  /// Says that the event happened, for all that wait and ever will, until `reset`.
  /// The corresponding C function is `complete_all`.
  ///
  /// Context: any.
  public borrowing func completeAll() {
    // SAFETY: the type's invariant.
    unsafe complete_all(shared.value.raw.address)
  }

  /// Waits until the event happens, however long that takes. The corresponding C function is `wait_for_completion`.
  ///
  /// Context: may sleep.
  public borrowing func wait() {
    // SAFETY: the type's invariant.
    unsafe apus_completion_wait(shared.value.raw.address)
  }

  /// Waits until the event happens, or the time is over (rounded up to ticks of the kernel's clock), and says whether
  /// it happened. The corresponding C function is `wait_for_completion_timeout`.
  ///
  /// Context: may sleep.
  public borrowing func wait(timeout: Nanoseconds) -> Bool {
    // SAFETY: the type's invariant; the helper bounds the time.
    unsafe apus_completion_wait_timeout(shared.value.raw.address, timeout.count)
  }

  /// Waits until the event happens, unless a signal comes first.
  /// The corresponding C function is `wait_for_completion_interruptible`.
  ///
  /// Throws: `interrupted` if a signal came.
  /// Context: may sleep.
  public borrowing func waitInterruptibly() throws(Errno) {
    // SAFETY: the type's invariant. Its one error is -ERESTARTSYS.
    if unsafe apus_completion_wait_interruptible(shared.value.raw.address) != 0 { throw .interrupted }
  }

  /// Takes an event that has happened, and says whether there was one.
  /// The corresponding C function is `try_wait_for_completion`.
  ///
  /// Context: any.
  public borrowing func tryWait() -> Bool {
    // SAFETY: the type's invariant.
    unsafe try_wait_for_completion(shared.value.raw.address)
  }

  /// Forgets what has happened so far. The corresponding C function is `reinit_completion`.
  ///
  /// Meant for when nobody waits: one that is just going on then may have to wait once more.
  ///
  /// Context: any.
  public borrowing func reset() {
    // SAFETY: the type's invariant; it writes one word, which the waiters read under their lock.
    unsafe apus_completion_reset(shared.value.raw.address)
  }
}
