// SPDX-License-Identifier: GPL-2.0-only
// An array of fixed capacity: it allocates once, when it is made.
// C header: include/linux/mm.h (kvmalloc)

internal import CKernel

/// Owned elements in memory of a fixed capacity.
///
/// Invariant: `base` is memory from kvmalloc for `capacity` elements, of which the first `count`
/// are initialised; only this array frees it.
///
/// ```swift
/// /// The free slots of a log. Taking one for a record does not allocate, nor does giving it back.
/// struct FreeLogSlots: ~Copyable {
///   private var slots: RigidArray<UInt32>
///
///   init(count: UInt32) throws(Errno) {
///     var slots = try RigidArray<UInt32>(capacity: Int(count), .kernel)
///     var slot: UInt32 = 0
///     while slot < count {
///       try slots.append(slot)
///       slot &+= 1
///     }
///     self.slots = slots
///   }
///
///   mutating func take() throws(Errno) -> UInt32 {
///     guard let slot = slots.popLast() else { throw .noSpaceLeft }
///     return slot
///   }
///
///   mutating func giveBack(_ slot: UInt32) throws(Errno) { try slots.append(slot) }
/// }
/// ```
@safe
public struct RigidArray<Element: ~Copyable>: ~Copyable {
  private let base: UnsafeMutablePointer<Element>

  /// The maximum number of elements.
  public let capacity: Int

  /// The number of elements.
  public private(set) var count: Int

  /// Allocates an empty array. The corresponding C function is `kvmalloc_array_node`.
  ///
  /// Throws: `invalidArgument` for a capacity below 1, for one whose byte count overflows, and for
  /// elements that are aligned to more than 8 bytes; `outOfMemory`.
  /// Context: may sleep.
  public init(capacity: Int, _ flags: AllocationFlags, node: NUMANode = .any) throws(Errno) {
    let (size, overflow) = capacity.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
    guard capacity > 0, !overflow, MemoryLayout<Element>.alignment <= 8 else {
      throw .invalidArgument
    }
    // SAFETY: any size and flags are valid arguments.
    guard let memory = unsafe apus_kvmalloc_node(size, flags.rawValue, node.rawValue) else {
      throw .outOfMemory
    }
    // INVARIANT: the memory is new and has room for that many elements, none of which is
    // initialised.
    unsafe base = memory.bindMemory(to: Element.self, capacity: capacity)
    self.capacity = capacity
    self.count = 0
  }

  deinit {
    // The last element ends first, as values in a scope do.
    var index = count
    while index > 0 {
      index &-= 1
      // SAFETY: the type's invariant: the first `count` elements are initialised.
      unsafe _ = (base + index).deinitialize(count: 1)
    }
    // SAFETY: only this array frees `base`, which is from kvmalloc; its elements ended above.
    unsafe apus_kvfree(base)
  }

  /// Whether the array has no room for another element.
  public var isFull: Bool { count == capacity }

  /// Adds an element at the end.
  ///
  /// Throws: `noSpaceLeft` if the array is full; the element has ended then.
  public mutating func append(_ element: consuming Element) throws(Errno) {
    guard count < capacity else { throw .noSpaceLeft }
    // SAFETY: the type's invariant: this element is within the capacity and not initialised.
    unsafe (base + count).initialize(to: element)
    count &+= 1
  }

  /// Removes the last element and returns it, or nil if the array is empty.
  public mutating func popLast() -> Element? {
    guard count > 0 else { return nil }
    count &-= 1
    // SAFETY: the type's invariant; `count` no longer includes this element.
    return unsafe (base + count).move()
  }

  /// Removes the first element for which `matches` returns true and returns it, or nil if there is
  /// none.
  ///
  /// The other elements keep their order.
  public mutating func removeFirst(where matches: (borrowing Element) -> Bool) -> Element? {
    var index = 0
    while index < count {
      // SAFETY: `index` is below `count`, so the element is initialised.
      if unsafe matches(base[index]) {
        // SAFETY: the type's invariant; the elements after it move down by one.
        let element = unsafe (base + index).move()
        let behind = count &- index &- 1
        // SAFETY: `behind` initialised elements follow, and the position that they move to is no
        // longer initialised.
        unsafe (base + index).moveInitialize(from: base + index + 1, count: behind)
        count &-= 1
        return element
      }
      index &+= 1
    }
    return nil
  }

  /// Runs `body` with the element at an index, or returns nil if there is none.
  @inline(__always)
  public borrowing func withElement<Result: ~Copyable, Failure: Error>(
    at index: Int, _ body: (borrowing Element) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    guard index >= 0, index < count else { return nil }
    // SAFETY: the check keeps `index` below `count`, so the element is initialised.
    return try unsafe body(base[index])
  }

  /// Runs `body` with the element at an index, for changing, or returns nil if there is none.
  @inline(__always)
  public mutating func withMutableElement<Result: ~Copyable, Failure: Error>(
    at index: Int, _ body: (inout Element) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    guard index >= 0, index < count else { return nil }
    // SAFETY: the type's invariant; this call has exclusive access to the array.
    return try unsafe body(&base[index])
  }

  /// Passes each element to `body`, from the first to the last.
  public borrowing func forEach<Failure: Error>(
    _ body: (borrowing Element) throws(Failure) -> Void
  ) throws(Failure) {
    var index = 0
    while index < count {
      // SAFETY: `index` is below `count`, so the element is initialised; `body` cannot change the
      // array, which is borrowed.
      try unsafe body(base[index])
      index &+= 1
    }
  }
}

// SAFETY: the elements are reachable through the array only, so it may be sent to another thread if
// they may.
extension RigidArray: @unchecked Sendable where Element: Sendable & ~Copyable {}
