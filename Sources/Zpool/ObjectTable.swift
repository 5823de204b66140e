// SPDX-License-Identifier: GPL-2.0-only
// A table of objects, indexed by numbers.

internal import CKernel
public import Kernel

/// A table with an object, or none, for each index below its capacity.
///
/// It costs a word for each entry, and two bytes in each object for the object's length. Objects in
/// a table have no lifetime of their own: they end with the table, which holds a reference to their
/// pool.
///
/// Invariant: `entries` is memory for `capacity` words. Each word is 0 or the handle of an object
/// of `store` that only this table ends. The object begins with its length in bytes.
@safe
public struct ObjectTable<Store: ObjectStore & ~Copyable>: ~Copyable, @unchecked Sendable {
  private let entries: UnsafeMutablePointer<UInt>
  private let store: Shared<Store>

  /// The number of entries, including empty ones.
  public let capacity: Int

  /// The number of objects.
  public private(set) var count = 0

  /// The number of bytes of an object that hold its length.
  private static var prefixLength: Int { 2 }

  /// The maximum length of an object in bytes. The store may have a lower limit.
  public static var maximumLength: Int { Int(UInt16.max) &- prefixLength }

  /// Makes an empty table. The corresponding C function is `kvmalloc_node`.
  ///
  /// Throws: `invalidArgument` for a capacity below 1 or beyond what can be addressed;
  /// `outOfMemory`.
  /// Context: may sleep.
  public init(in pool: borrowing Pool<Store>, capacity: Int, _ flags: AllocationFlags = .kernel)
    throws(Errno)
  {
    let (size, overflow) = capacity.multipliedReportingOverflow(by: MemoryLayout<UInt>.stride)
    guard capacity > 0, !overflow else { throw .invalidArgument }
    guard
      // SAFETY: any size and flags are valid arguments.
      let memory = unsafe apus_kvmalloc_node(
        size, (flags | .zeroed).rawValue, NUMANode.any.rawValue)
    else { throw .outOfMemory }
    // INVARIANT: the memory was just allocated and is zeroed, so no entry has an object.
    unsafe entries = memory.bindMemory(to: UInt.self, capacity: capacity)
    store = pool.store.share()
    self.capacity = capacity
  }

  deinit {
    var index = 0
    while index < capacity {
      // SAFETY: `index` is below `capacity`. A word that is not 0 is an object of `store` that only
      // this table ends. `entries` is from kvmalloc.
      let handle = unsafe entries[index]
      if handle != 0 { unsafe store.value.end(ObjectHandle(handle)) }
      index &+= 1
    }
    unsafe apus_kvfree(entries)
  }

  /// Stores a copy of some bytes at an index, and frees the object that was there.
  ///
  /// Throws: `invalidArgument` for an index beyond the table, and for an empty span; `noSpaceLeft`
  /// for too many bytes; `outOfMemory`, or another error of the allocator. The object that was
  /// there stays in these cases.
  /// Context: as the flags say; process context.
  public mutating func store(
    _ bytes: RawSpan, at index: Int, _ flags: AllocationFlags, node: NUMANode = .any
  ) throws(Errno) {
    let length = bytes.byteCount
    guard index >= 0, index < capacity, length > 0 else { throw .invalidArgument }
    guard length <= Self.maximumLength else { throw .noSpaceLeft }
    let request = try AllocationRequest(byteCount: length &+ Self.prefixLength, flags, node: node)
    // SAFETY: the table passes the handle to `end`, and holds a reference to the store.
    let handle = try unsafe store.value.make(request)
    do throws(Errno) {
      // SAFETY: the object was just made for that many bytes.
      try unsafe store.value.write(
        UInt16(truncatingIfNeeded: length), prefixLength: Self.prefixLength, bytes, to: handle)
    } catch {
      // SAFETY: this call has just made the object, and no other code knows it.
      unsafe store.value.end(handle)
      throw error
    }
    _ = take(at: index)
    // INVARIANT: the table owns the object from here on.
    unsafe entries[index] = handle.raw
    count &+= 1
  }

  /// Frees the object at an index, and returns whether there was one.
  ///
  /// Context: process context.
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

  /// Copies the object at an index to the start of `bytes`, and returns its length in bytes, or nil
  /// if there is none.
  ///
  /// Throws: `invalidArgument` if it does not fit; then nothing was copied.
  /// Context: process context.
  public borrowing func read(at index: Int, into bytes: borrowing MutableBytes) throws(Errno)
    -> Int?
  {
    guard index >= 0, index < capacity else { return nil }
    // SAFETY: the type's invariant, and the check.
    let number = unsafe entries[index]
    guard number != 0 else { return nil }
    let handle = ObjectHandle(number)
    var prefix: UInt16 = 0
    try unsafe store.value.read(handle, to: &prefix, length: Self.prefixLength)
    let length = Int(prefix)
    // The object is copied with one call, because the store may not allow it to be mapped in place.
    // The length comes first, and the bytes then move over it.
    let whole = length &+ Self.prefixLength
    var failure: Errno?
    try unsafe bytes.withRange(at: 0, length: whole) { memory in
      do throws(Errno) { try unsafe store.value.read(handle, to: memory, length: whole) } catch {
        failure = error
      }
      unsafe apus_memmove(memory, memory + Self.prefixLength, length)
    }
    if let failure { throw failure }
    return length
  }
}
