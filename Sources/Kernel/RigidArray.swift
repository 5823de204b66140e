// SPDX-License-Identifier: GPL-2.0-only
// An array whose capacity is chosen once: the one allocation it makes is the one it is asked for.
// C header: include/linux/mm.h (kvmalloc)

internal import CKernel

/// Owned elements in memory of a fixed capacity.
///
/// Invariant: `base` is memory from kvmalloc for `capacity` elements, of which the first `count` are
/// initialised; only this array frees it.
@safe
public struct RigidArray<Element: ~Copyable>: ~Copyable {
  private let base: UnsafeMutablePointer<Element>

  /// How many elements there is room for.
  public let capacity: Int

  /// How many elements there are.
  public private(set) var count: Int

  /// Allocates room. The corresponding C function is `kvmalloc_array_node`.
  ///
  /// Throws: `invalidArgument` for a capacity below 1, or beyond what can be addressed; `outOfMemory`.
  /// Context: may sleep.
  public init(capacity: Int, _ flags: AllocationFlags, node: NUMANode = .any) throws(Errno) {
    let (size, overflow) = capacity.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
    guard capacity > 0, !overflow, MemoryLayout<Element>.alignment <= 8 else { throw .invalidArgument }
    // SAFETY: any size and flags are valid arguments.
    guard let memory = unsafe apus_kvmalloc_node(size, flags.rawValue, node.rawValue) else { throw .outOfMemory }
    // INVARIANT: fresh memory for that many elements, none of which is initialised.
    unsafe base = memory.bindMemory(to: Element.self, capacity: capacity)
    self.capacity = capacity
    self.count = 0
  }

  deinit {
    // The last first, as they would end in a scope.
    var index = count
    while index > 0 {
      index &-= 1
      // SAFETY: the type's invariant: the first `count` are initialised.
      unsafe _ = (base + index).deinitialize(count: 1)
    }
    // SAFETY: the type's invariant.
    unsafe apus_kvfree(base)
  }

  /// Whether there are as many elements as there is room for.
  public var isFull: Bool { count == capacity }

  /// Adds an element behind the last one.
  ///
  /// Throws: `noSpaceLeft` when the array is full; the element has ended then.
  public mutating func append(_ element: consuming Element) throws(Errno) {
    guard count < capacity else { throw .noSpaceLeft }
    // SAFETY: the type's invariant: this one is within the capacity and not initialised.
    unsafe (base + count).initialize(to: element)
    count &+= 1
  }

  /// Takes the last element out, or gives nil if there is none.
  public mutating func popLast() -> Element? {
    guard count > 0 else { return nil }
    count &-= 1
    // SAFETY: the type's invariant; from here on it no longer counts as initialised.
    return unsafe (base + count).move()
  }

  /// Takes the first element out for which `matches` is true, or gives nil if there is none. The others keep
  /// their order.
  public mutating func removeFirst(where matches: (borrowing Element) -> Bool) -> Element? {
    var index = 0
    while index < count {
      // SAFETY: the type's invariant.
      if unsafe matches(base[index]) {
        // SAFETY: the type's invariant; the ones behind move down over it.
        let element = unsafe (base + index).move()
        let behind = count &- index &- 1
        // SAFETY: `behind` initialised elements follow, and the place they move to is no longer initialised.
        unsafe (base + index).moveInitialize(from: base + index + 1, count: behind)
        count &-= 1
        return element
      }
      index &+= 1
    }
    return nil
  }

  /// Runs `body` with the element at a place, or gives nil if there is none.
  @inline(__always)
  public borrowing func withElement<Result: ~Copyable, Failure: Error>(
    at index: Int, _ body: (borrowing Element) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    guard index >= 0, index < count else { return nil }
    // SAFETY: the type's invariant.
    return try unsafe body(base[index])
  }

  /// Runs `body` with the element at a place, to change, or gives nil if there is none.
  @inline(__always)
  public mutating func withMutableElement<Result: ~Copyable, Failure: Error>(
    at index: Int, _ body: (inout Element) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    guard index >= 0, index < count else { return nil }
    // SAFETY: the type's invariant; the array is this call's alone.
    return try unsafe body(&base[index])
  }

  /// Gives each element to `body`, the first one first.
  public borrowing func forEach<Failure: Error>(
    _ body: (borrowing Element) throws(Failure) -> Void
  ) throws(Failure) {
    var index = 0
    while index < count {
      // SAFETY: the type's invariant.
      try unsafe body(base[index])
      index &+= 1
    }
  }
}

// SAFETY: the array is the one way to its elements, so it may go where they may.
extension RigidArray: @unchecked Sendable where Element: Sendable & ~Copyable {}
