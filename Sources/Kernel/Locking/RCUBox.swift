// SPDX-License-Identifier: GPL-2.0-only
// A value that readers reach without a lock while it is replaced by another.
// C header: include/linux/rcupdate.h

internal import CKernel

/// An owned value in its own allocation.
///
/// Many CPUs read it without a lock, and it changes only by being replaced as a whole.
///
/// During a replacement, a reader sees either the complete old value or the complete new one. The
/// old value ends when the last reader that may see it is done. A read costs one load and, on the
/// kernels that Apus builds for, two updates of a counter in the task's own structure.
///
/// A read's body must not sleep; the debug kernel reports it. On kernels with preemptible RCU
/// (CONFIG_PREEMPT_RCU, which all of Debian's kernels have) a body that sleeps still does not see
/// freed memory; on other kernels it could.
///
/// Invariant: `slot` holds memory from kmalloc with an initialised value, which does not change; a
/// value that was replaced is freed only after a grace period. Readers borrow this box, so its end
/// needs no grace period.
///
/// ```swift
/// /// How a throttled disk treats its requests. A message replaces it as a whole.
/// struct ThrottlePolicy: BitwiseCopyable, Sendable {
///   var bytesPerSecond: UInt64
///   var delaysReads: Bool
/// }
///
/// struct CurrentPolicy: ~Copyable, Sendable {
///   private let policy: RCUBox<ThrottlePolicy>
///
///   init(_ policy: ThrottlePolicy) throws(Errno) { self.policy = try RCUBox(policy, .kernel) }
///
///   /// For each request, in any context, without a lock.
///   func delays(_ operation: Operation) -> Bool {
///     policy.withValue { policy in operation != .read || policy.delaysReads }
///   }
///
///   func change(to new: ThrottlePolicy) throws(Errno) {
///     try policy.replaceLater(with: new, .kernel)
///   }
/// }
/// ```
@safe
public struct RCUBox<Value: ~Copyable>: ~Copyable {
  @safe struct Storage: ~Copyable {
    // First, because `apus_kfree_rcu` expects the head there.
    let head: Cell<callback_head>
    let value: Value

    consuming func takeValue() -> Value { value }
  }

  private let slot: Cell<UnsafeMutableRawPointer>

  /// Moves a value into its own allocation.
  ///
  /// Throws: `outOfMemory`; the value has ended then.
  /// Context: as the flags say.
  public init(_ value: consuming Value, _ flags: AllocationFlags, node: NUMANode = .any)
    throws(Errno)
  {
    // SAFETY: all zeroes is a valid `rcu_head` that is not in use.
    let box = try unsafe HeapBox(
      Storage(head: Cell(callback_head()), value: value), flags, node: node)
    // INVARIANT: the box owns the memory from here on.
    unsafe slot = Cell(UnsafeMutableRawPointer(box.take()))
  }

  deinit {
    // SAFETY: the type's invariant: no reader is left, so this call has the memory to itself.
    _ = unsafe HeapBox(owning: slot.address.pointee.assumingMemoryBound(to: Storage.self))
  }

  /// Runs `body` with the current value. The corresponding C function is `rcu_dereference`.
  ///
  /// Context: any; the body must not sleep.
  @inline(__always)
  public borrowing func withValue<Result: ~Copyable, Failure: Error>(
    _ body: (borrowing Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try RCU.read { () throws(Failure) in
      // SAFETY: within a read-side section; the slot is never empty.
      let storage = unsafe apus_rcu_dereference(slot.address).assumingMemoryBound(to: Storage.self)
      // SAFETY: the type's invariant: the value is not freed before the section ends, and does not
      // change.
      return try unsafe body(storage.pointee.value)
    }
  }

  /// Replaces the value, waits until no reader uses the old one, and returns the old one.
  ///
  /// The corresponding C functions are `rcu_replace_pointer` and `synchronize_rcu`.
  ///
  /// Several tasks may replace the value concurrently. Each gets the value that it replaced.
  ///
  /// Throws: `outOfMemory`; the new value has ended then, and the old one stays.
  /// Context: may sleep, for some milliseconds; not within a read.
  public borrowing func replace(
    with value: consuming Value, _ flags: AllocationFlags, node: NUMANode = .any
  ) throws(Errno) -> Value {
    let old = try exchange(value, flags, node: node)
    RCU.synchronize()
    return old.unboxed().takeValue()
  }

  /// Stores a new value in the slot and returns the old one, which must not change or end before a
  /// grace period has passed.
  private borrowing func exchange(
    _ value: consuming Value, _ flags: AllocationFlags, node: NUMANode
  ) throws(Errno) -> HeapBox<Storage> {
    // SAFETY: all zeroes is a valid `rcu_head` that is not in use.
    let box = try unsafe HeapBox(
      Storage(head: Cell(callback_head()), value: value), flags, node: node)
    // SAFETY: the new value is complete before the exchange publishes it. The caller owns the
    // result.
    let old = unsafe apus_rcu_exchange(slot.address, UnsafeMutableRawPointer(box.take()))
    return unsafe HeapBox(owning: old.assumingMemoryBound(to: Storage.self))
  }
}

extension RCUBox where Value: BitwiseCopyable {
  /// Replaces the value.
  ///
  /// The kernel frees the old value's memory some time after the last reader that may see it is
  /// done. The corresponding C function is `kfree_rcu`.
  ///
  /// It is only for plain values, which need no deinitialisation.
  ///
  /// Throws: `outOfMemory`; the old value stays.
  /// Context: as the flags say; any with `.atomic`, also within a read.
  public borrowing func replaceLater(
    with value: Value, _ flags: AllocationFlags, node: NUMANode = .any
  ) throws(Errno) {
    let old = try exchange(value, flags, node: node)
    // SAFETY: the value has left the slot, only this call has its address, and the head is its
    // first field.
    unsafe apus_kfree_rcu(old.take())
  }
}

// SAFETY: readers on several CPUs use the value concurrently, so the value must be Sendable.
extension RCUBox: @unchecked Sendable where Value: Sendable & ~Copyable {}
