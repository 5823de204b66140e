// SPDX-License-Identifier: GPL-2.0-only
// A value in memory allocated for it.
// C header: include/linux/slab.h

internal import CKernel

/// An owned value in allocated memory.
///
/// The value's address does not change. The value and its memory have the same lifetime.
///
/// Invariant: `pointer` is memory from kmalloc that holds an initialised value, and only this box
/// frees it.
///
/// ```swift
/// /// How long requests took: a counter for each 64 microseconds.
/// struct LatencyHistogram: ~Copyable {
///   var counts = InlineArray<64, UInt64>(repeating: 0)
///
///   mutating func add(_ latency: Nanoseconds) {
///     let index = min(latency.microseconds / 64, 63)
///     if index >= 0, index < 64 { counts[index] &+= 1 }
///   }
/// }
///
/// /// Each hardware queue has its own, in the memory of its node.
/// struct QueueStatistics: ~Copyable {
///   var latency: HeapBox<LatencyHistogram>
///
///   init(node: NUMANode) throws(Errno) {
///     latency = try HeapBox(LatencyHistogram(), .kernel, node: node)
///   }
///
///   mutating func requestEnded(begunAt begin: Instant) { latency.value.add(begin.elapsed) }
/// }
/// ```
@safe @frozen @_addressableForDependencies
public struct HeapBox<Value: ~Copyable>: ~Copyable {
  @usableFromInline let pointer: UnsafeMutablePointer<Value>

  /// Allocates memory and moves `value` into it. The corresponding C function is `kmalloc_node`.
  ///
  /// Throws: `outOfMemory`, or `invalidArgument` for a type whose alignment kmalloc does not
  /// guarantee. The value is destroyed then.
  /// Context: as the flags say.
  public init(_ value: consuming Value, _ flags: AllocationFlags, node: NUMANode = .any)
    throws(Errno)
  {
    let size = MemoryLayout<Value>.size
    guard MemoryLayout<Value>.alignment <= 8 else { throw .invalidArgument }
    // SAFETY: any size and flags are valid arguments. An allocation of 0 bytes could not be written
    // to.
    guard let memory = unsafe apus_kmalloc_node(size > 0 ? size : 1, flags.rawValue, node.rawValue)
    else {
      throw .outOfMemory
    }
    // INVARIANT: new memory of the value's size; kmalloc aligns it to at least 8 bytes.
    unsafe pointer = memory.bindMemory(to: Value.self, capacity: 1)
    // SAFETY: as above.
    unsafe pointer.initialize(to: value)
  }

  /// Takes back ownership that `take` gave up.
  @unsafe
  public init(owning pointer: UnsafeMutablePointer<Value>) {
    // INVARIANT: the caller got the pointer from `take`.
    unsafe self.pointer = pointer
  }

  /// Gives up ownership without destroying the value, for a pointer that C holds meanwhile.
  @unsafe
  public consuming func take() -> UnsafeMutablePointer<Value> {
    // SAFETY: the caller owns the memory and the value from here on.
    let pointer = unsafe pointer
    discard self
    return unsafe pointer
  }

  /// Moves the value out of the box, and frees the memory.
  ///
  /// Context: any.
  public consuming func unboxed() -> Value {
    // SAFETY: this call owns the memory from here on.
    let pointer = unsafe take()
    // SAFETY: the type's invariant; the caller owns the value afterwards.
    let value = unsafe pointer.move()
    // SAFETY: the type's invariant; the value was moved out.
    unsafe apus_kfree(pointer)
    return value
  }

  /// The value's address, which C may hold as long as the box lives.
  @unsafe
  public var address: UnsafeMutablePointer<Value> {
    // SAFETY: the caller uses it only as long as the box lives.
    unsafe pointer
  }

  deinit {
    // SAFETY: `pointer` holds an initialised value, because `take` would have discarded the box.
    unsafe _ = pointer.deinitialize(count: 1)
    // SAFETY: only this box frees `pointer`, which is from kmalloc; its value ended above.
    unsafe apus_kfree(pointer)
  }

  /// The value.
  public var value: Value {
    // SAFETY: the type's invariant; borrowing or mutating the value also borrows or mutates the
    // box.
    @inline(__always) _read { yield unsafe pointer.pointee }
    @inline(__always) _modify { yield unsafe &pointer.pointee }
  }
}

// SAFETY: only the box gives access to the value, so it is as safe to send as the value.
extension HeapBox: @unchecked Sendable where Value: Sendable & ~Copyable {}
