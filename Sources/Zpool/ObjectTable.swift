// SPDX-License-Identifier: GPL-2.0-only
// Many objects, known by numbers.

internal import CKernel
public import Kernel

/// A table with an object, or none, for each number below its capacity. It costs a word for each entry, and two bytes in the object for its length:
/// objects have no lifetime of their own, but the table's, which owns a share of their pool.
///
/// Invariant: `entries` is memory for `capacity` words, each of them 0 or the handle of an object of `store`'s which only this table ends, and
/// which begins with its length in bytes.
@safe
public struct ObjectTable<Store: ObjectStore & ~Copyable>: ~Copyable, @unchecked Sendable {
  private let entries: UnsafeMutablePointer<UInt>
  private let store: Shared<Store>

  /// How many entries there are, empty ones too.
  public let capacity: Int

  /// How many objects there are.
  public private(set) var count = 0

  /// The bytes of an object that its length takes.
  private static var prefixLength: Int { 2 }

  /// The longest that an object can be, as far as the table is concerned.
  public static var maximumLength: Int { Int(UInt16.max) &- prefixLength }

  /// Makes an empty table. The corresponding C function is `kvmalloc_node`.
  ///
  /// Throws: `invalidArgument` for a capacity below 1 or beyond what can be addressed; `outOfMemory`.
  /// Context: may sleep.
  public init(in pool: borrowing Pool<Store>, capacity: Int, _ flags: AllocationFlags = .kernel) throws(Errno) {
    let (size, overflow) = capacity.multipliedReportingOverflow(by: MemoryLayout<UInt>.stride)
    guard capacity > 0, !overflow else { throw .invalidArgument }
    guard
      // SAFETY: any size and flags are valid arguments.
      let memory = unsafe apus_kvmalloc_node(size, (flags | .zeroed).rawValue, NUMANode.any.rawValue)
    else { throw .outOfMemory }
    // INVARIANT: fresh, and zeroed: no entry has an object.
    unsafe entries = memory.bindMemory(to: UInt.self, capacity: capacity)
    store = pool.store.share()
    self.capacity = capacity
  }

  deinit {
    var index = 0
    while index < capacity {
      // SAFETY: the type's invariant.
      let handle = unsafe entries[index]
      if handle != 0 { unsafe store.value.end(ObjectHandle(handle)) }
      index &+= 1
    }
    unsafe apus_kvfree(entries)
  }

  /// Stores a copy of some bytes at an index, in the place of what was there.
  ///
  /// Throws: `invalidArgument` for an index beyond the table, and for no bytes; `noSpaceLeft` for too many; `outOfMemory`, or what else the allocator
  /// threw. What was there is there still, then.
  /// Context: as the flags say; process context.
  public mutating func store(
    _ bytes: RawSpan, at index: Int, _ flags: AllocationFlags, node: NUMANode = .any
  ) throws(Errno) {
    let length = bytes.byteCount
    guard index >= 0, index < capacity, length > 0 else { throw .invalidArgument }
    guard length <= Self.maximumLength else { throw .noSpaceLeft }
    let request = try AllocationRequest(byteCount: length &+ Self.prefixLength, flags, node: node)
    // SAFETY: the table ends it, which owns a share of the store.
    let handle = try unsafe store.value.make(request)
    do throws(Errno) {
      // SAFETY: the object was made for that many bytes just now.
      try unsafe store.value.write(
        UInt16(truncatingIfNeeded: length), prefixLength: Self.prefixLength, bytes, to: handle)
    } catch {
      // SAFETY: made just now by this call, which alone knows it.
      unsafe store.value.end(handle)
      throw error
    }
    _ = take(at: index)
    // INVARIANT: the object is the table's from here on.
    unsafe entries[index] = handle.raw
    count &+= 1
  }

  /// Frees the object at an index, and says whether there was one.
  ///
  /// Context: a task.
  @discardableResult
  public mutating func remove(at index: Int) -> Bool {
    guard index >= 0, index < capacity else { return false }
    return take(at: index)
  }

  private mutating func take(at index: Int) -> Bool {
    // SAFETY: the type's invariant; both callers have checked the index.
    let handle = unsafe entries[index]
    guard handle != 0 else { return false }
    unsafe entries[index] = 0
    unsafe store.value.end(ObjectHandle(handle))
    count &-= 1
    return true
  }

  /// Copies the object at an index to the start of memory, and gives its length in bytes; or gives nil if there is none.
  ///
  /// Throws: `invalidArgument` if it does not fit; then nothing was copied.
  /// Context: process context.
  public borrowing func read(at index: Int, into bytes: borrowing MutableBytes) throws(Errno) -> Int? {
    guard index >= 0, index < capacity else { return nil }
    // SAFETY: the type's invariant, and the check.
    let number = unsafe entries[index]
    guard number != 0 else { return nil }
    let handle = ObjectHandle(number)
    var prefix: UInt16 = 0
    try unsafe store.value.read(handle, to: &prefix, length: Self.prefixLength)
    let length = Int(prefix)
    // With the length in front, which is moved away behind it: an object is copied in one go, as it may not be mapped where it is.
    let whole = length &+ Self.prefixLength
    var failure: Errno?
    try unsafe bytes.withRange(at: 0, length: whole) { memory in
      do throws(Errno) { try unsafe store.value.read(handle, to: memory, length: whole) } catch { failure = error }
      unsafe apus_memmove(memory, memory + Self.prefixLength, length)
    }
    if let failure { throw failure }
    return length
  }
}
