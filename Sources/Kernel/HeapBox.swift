// SPDX-License-Identifier: GPL-2.0-only
// One value in memory of its own.
// C header: include/linux/slab.h

internal import CKernel

/// An owned value in allocated memory: its address does not change, and both end together.
///
/// Invariant: `pointer` is memory from kmalloc that holds an initialised value, and only this box frees it.
@safe @frozen @_addressableForDependencies
public struct HeapBox<Value: ~Copyable>: ~Copyable {
  @usableFromInline let pointer: UnsafeMutablePointer<Value>

  /// Allocates memory and moves `value` into it. The corresponding C function is `kmalloc_node`.
  ///
  /// Throws: `outOfMemory`; the value has ended then. `invalidArgument` for a type whose alignment kmalloc does
  /// not promise.
  /// Context: as the flags say.
  public init(_ value: consuming Value, _ flags: AllocationFlags, node: NUMANode = .any) throws(Errno) {
    let size = MemoryLayout<Value>.size
    guard MemoryLayout<Value>.alignment <= 8 else { throw .invalidArgument }
    // SAFETY: any size and flags are valid arguments. A size of 0 would give no memory to initialise.
    guard let memory = unsafe apus_kmalloc_node(size > 0 ? size : 1, flags.rawValue, node.rawValue) else {
      throw .outOfMemory
    }
    // INVARIANT: fresh memory of the value's size; kmalloc aligns to 8 at least.
    unsafe pointer = memory.bindMemory(to: Value.self, capacity: 1)
    // SAFETY: as above.
    unsafe pointer.initialize(to: value)
  }

  /// Takes back what `take` gave.
  @unsafe
  public init(owning pointer: UnsafeMutablePointer<Value>) {
    // INVARIANT: the caller had it from `take`.
    unsafe self.pointer = pointer
  }

  /// Gives up ownership without ending the value: for a pointer that C keeps meanwhile.
  @unsafe
  public consuming func take() -> UnsafeMutablePointer<Value> {
    // SAFETY: the caller owns the memory and the value from here on.
    let pointer = unsafe pointer
    discard self
    return unsafe pointer
  }

  /// Takes the value out, and frees the memory.
  ///
  /// Context: any.
  public consuming func unboxed() -> Value {
    // SAFETY: the memory is this call's from here on.
    let pointer = unsafe take()
    // SAFETY: the type's invariant; what was the box's is the caller's after this.
    let value = unsafe pointer.move()
    // SAFETY: the type's invariant; the value was taken out.
    unsafe apus_kfree(pointer)
    return value
  }

  /// The value's address, for C to keep as long as the box lives.
  @unsafe
  public var address: UnsafeMutablePointer<Value> {
    // SAFETY: the caller keeps it no longer than the box lives.
    unsafe pointer
  }

  deinit {
    // SAFETY: the type's invariant.
    unsafe _ = pointer.deinitialize(count: 1)
    // SAFETY: the type's invariant.
    unsafe apus_kfree(pointer)
  }

  /// The value.
  public var value: Value {
    // SAFETY: the type's invariant; a borrow or a mutation of the value is one of the box.
    @inline(__always) _read { yield unsafe pointer.pointee }
    @inline(__always) _modify { yield unsafe &pointer.pointee }
  }
}

// SAFETY: the box is the only way to the value, so it may go where the value may.
extension HeapBox: @unchecked Sendable where Value: Sendable & ~Copyable {}
