// SPDX-License-Identifier: GPL-2.0-only
// A number that many CPUs add to at once.
// C header: include/linux/percpu_counter.h

internal import CKernel

/// A sum to which each CPU adds in a part of its own, so that adding costs the same however many do it.
///
/// Invariant: `counter` is initialised.
@safe
public struct PerCPUCounter: ~Copyable, @unchecked Sendable {
  // In memory of its own: the kernel keeps a list of all such counters.
  private let counter: HeapBox<percpu_counter>

  /// A counter with a first value. The corresponding C function is `percpu_counter_init`.
  ///
  /// Throws: `outOfMemory`.
  /// Context: as the flags say.
  @inline(__always)
  public init(
    _ value: Int = 0, _ flags: AllocationFlags, class lockClass: LockClass = #lockClass
  ) throws(Errno) {
    // SAFETY: all zeroes, until the next call makes it a counter.
    let counter = unsafe try HeapBox(percpu_counter(), flags)
    // SAFETY: the memory is the box's own, and does not move.
    try Errno.check(unsafe apus_counter_init(counter.address, Int64(value), flags.rawValue, lockClass.address))
    // INVARIANT: initialised just now.
    unsafe self.counter = counter
  }

  deinit {
    // SAFETY: the type's invariant.
    unsafe apus_counter_destroy(counter.address)
  }

  /// Adds a number, which may be negative. The corresponding C function is `percpu_counter_add`.
  ///
  /// Context: any.
  public borrowing func add(_ amount: Int) {
    // SAFETY: the type's invariant.
    unsafe apus_counter_add(counter.address, Int64(amount))
  }

  /// The sum as it was a while ago: each CPU may hold back some tens that it is off by. At no cost.
  /// The corresponding C function is `percpu_counter_read`.
  ///
  /// Context: any.
  public var approximate: Int {
    // SAFETY: the type's invariant.
    Int(unsafe apus_counter_read(counter.address))
  }

  /// The sum, exact when nobody adds meanwhile. The corresponding C function is `percpu_counter_sum`.
  ///
  /// Context: any. Complexity: the number of CPUs.
  public var sum: Int {
    // SAFETY: the type's invariant.
    Int(unsafe apus_counter_sum(counter.address))
  }
}
