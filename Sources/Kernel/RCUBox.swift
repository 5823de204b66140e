// SPDX-License-Identifier: GPL-2.0-only
// A value that readers reach without a lock while it is replaced by another.
// C header: include/linux/rcupdate.h

internal import CKernel

/// An owned value in memory of its own, read by many CPUs at no cost, and changed only by being replaced as a whole.
///
/// A reader sees the value of before or of after a replacement, complete in both cases. The old value ends when the
/// last reader that may see it is done. Reading costs a load and, on the kernels Apus builds for, two changes of a
/// counter of the task's own.
///
/// A read's body must not sleep; the debug kernel reports it. On kernels with preemptible RCU
/// (CONFIG_PREEMPT_RCU, which all of Debian's have) one that did would still not see freed memory; on others it could.
///
/// Invariant: `slot` holds memory from kmalloc with an initialised value, which nobody changes; what was in `slot`
/// before is freed only after a grace period. Whoever reads borrows this box, so its end needs no grace period.
@safe
public struct RCUBox<Value: ~Copyable>: ~Copyable {
  @safe struct Core: ~Copyable {
    // First, for `apus_kfree_rcu`.
    let head: Cell<callback_head>
    let value: Value

    consuming func takeValue() -> Value { value }
  }

  private let slot: Cell<UnsafeMutableRawPointer>

  /// Moves a value into memory.
  ///
  /// Throws: `outOfMemory`; the value has ended then.
  /// Context: as the flags say.
  public init(_ value: consuming Value, _ flags: AllocationFlags, node: NUMANode = .any) throws(Errno) {
    // SAFETY: all zeroes is a head that nothing uses yet.
    let box = try unsafe HeapBox(Core(head: Cell(callback_head()), value: value), flags, node: node)
    // INVARIANT: the memory is this box's from here on.
    unsafe slot = Cell(UnsafeMutableRawPointer(box.take()))
  }

  deinit {
    // SAFETY: the type's invariant: nobody reads, so the memory is ours alone.
    _ = unsafe HeapBox(owning: slot.address.pointee.assumingMemoryBound(to: Core.self))
  }

  /// Runs `body` with the value there is now. The corresponding C function is `rcu_dereference`.
  ///
  /// Context: any; the body must not sleep.
  @inline(__always)
  public borrowing func withValue<Result: ~Copyable, Failure: Error>(
    _ body: (borrowing Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try RCU.read { () throws(Failure) in
      // SAFETY: within a read scope; the slot is never empty.
      let core = unsafe apus_rcu_dereference(slot.address).assumingMemoryBound(to: Core.self)
      // SAFETY: the type's invariant: not freed before the scope ends, and not changed.
      return try unsafe body(core.pointee.value)
    }
  }

  /// Puts another value in the place of the one there is, and gives that one back once nobody reads it any more.
  /// The corresponding C functions are `rcu_replace_pointer` and `synchronize_rcu`.
  ///
  /// Several tasks may replace at once; each gets the value it replaced.
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

  /// Puts a new value into the slot, and gives what was there: not to be changed or ended before a grace period.
  private borrowing func exchange(
    _ value: consuming Value, _ flags: AllocationFlags, node: NUMANode
  ) throws(Errno) -> HeapBox<Core> {
    // SAFETY: all zeroes is a head that nothing uses yet.
    let box = try unsafe HeapBox(Core(head: Cell(callback_head()), value: value), flags, node: node)
    // SAFETY: the new value is complete, and the exchange publishes it; the caller owns what it gets.
    let old = unsafe apus_rcu_exchange(slot.address, UnsafeMutableRawPointer(box.take()))
    return unsafe HeapBox(owning: old.assumingMemoryBound(to: Core.self))
  }
}

extension RCUBox where Value: BitwiseCopyable {
  /// Puts another value in the place of the one there is, whose memory is freed some time after the last reader that
  /// may see it is done. For plain values, which need no end. The corresponding C function is `kfree_rcu`.
  ///
  /// Throws: `outOfMemory`; the old value stays.
  /// Context: as the flags say; any with `.atomic`, also within a read.
  public borrowing func replaceLater(
    with value: Value, _ flags: AllocationFlags, node: NUMANode = .any
  ) throws(Errno) {
    let old = try exchange(value, flags, node: node)
    // SAFETY: it left the slot, this call alone has its address, and the head is its first field.
    unsafe apus_kfree_rcu(old.take())
  }
}

// SAFETY: readers on several CPUs reach the value at once, so it must be ready for that.
extension RCUBox: @unchecked Sendable where Value: Sendable & ~Copyable {}
