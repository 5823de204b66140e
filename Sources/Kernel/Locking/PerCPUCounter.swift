// SPDX-License-Identifier: GPL-2.0-only
// A counter that many CPUs add to concurrently.
// C header: include/linux/percpu_counter.h

internal import CKernel

/// A sum with a part for each CPU.
///
/// Each CPU adds to its own part, so the cost of an addition does not grow with the number of CPUs
/// that add.
///
/// Invariant: `counter` is initialised.
///
/// ```swift
/// /// What a disk has transferred. Each request adds to it, on the CPU that ends the request.
/// struct TransferCounters: ~Copyable, Sendable {
///   private let sectorsRead: PerCPUCounter
///   private let sectorsWritten: PerCPUCounter
///
///   init() throws(Errno) {
///     let read = try PerCPUCounter(0, .kernel)
///     sectorsWritten = try PerCPUCounter(0, .kernel)
///     sectorsRead = read
///   }
///
///   func add(_ operation: Operation, byteCount: Int) {
///     let sectors = byteCount / Sector.byteCount
///     if operation == .read { sectorsRead.add(sectors) } else { sectorsWritten.add(sectors) }
///   }
///
///   func report(to writer: inout TextWriter) {
///     writer.appendLine("sectors_read", sectorsRead.sum)
///     writer.appendLine("sectors_written", sectorsWritten.sum)
///   }
/// }
/// ```
@safe
public struct PerCPUCounter: ~Copyable, @unchecked Sendable {
  // In its own allocation, because the kernel keeps a list of all per-CPU counters.
  private let counter: HeapBox<percpu_counter>

  /// Makes a counter with an initial value. The corresponding C function is `percpu_counter_init`.
  ///
  /// Throws: `outOfMemory`.
  /// Context: as the flags say.
  @inline(__always)
  public init(
    _ value: Int = 0, _ flags: AllocationFlags, class lockClass: LockClass = #lockClass
  ) throws(Errno) {
    // SAFETY: all zeroes is valid until the next call initialises the counter.
    let counter = unsafe try HeapBox(percpu_counter(), flags)
    // SAFETY: the box owns the memory, which does not move.
    try Errno.check(
      unsafe apus_counter_init(counter.address, Int64(value), flags.rawValue, lockClass.address))
    // INVARIANT: the counter was just initialised.
    unsafe self.counter = counter
  }

  deinit {
    // SAFETY: `init` initialised the counter; this value ends, so no other code uses it.
    unsafe apus_counter_destroy(counter.address)
  }

  /// Adds a number, which may be negative. The corresponding C function is `percpu_counter_add`.
  ///
  /// Context: any.
  public borrowing func add(_ amount: Int) {
    // SAFETY: `init` initialised the counter, which stays until `deinit`.
    unsafe apus_counter_add(counter.address, Int64(amount))
  }

  /// The sum as of some time ago. The corresponding C function is `percpu_counter_read`.
  ///
  /// It reads one word. Each CPU's part may be off by less than `percpu_counter_batch`, which is 32
  /// or twice the number of CPUs, whichever is larger.
  ///
  /// Context: any.
  public var approximate: Int {
    // SAFETY: `init` initialised the counter, which stays until `deinit`.
    Int(unsafe apus_counter_read(counter.address))
  }

  /// The sum, exact if no CPU adds during the call.
  ///
  /// The corresponding C function is `percpu_counter_sum`.
  ///
  /// Context: any. Complexity: the number of CPUs.
  public var sum: Int {
    // SAFETY: `init` initialised the counter, which stays until `deinit`.
    Int(unsafe apus_counter_sum(counter.address))
  }
}
