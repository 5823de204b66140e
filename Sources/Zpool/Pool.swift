// SPDX-License-Identifier: GPL-2.0-only
// A pool of objects, for whoever wants to store some: what zpool_malloc and its kind are in C.
// C header: include/linux/zpool.h, include/linux/zsmalloc.h

internal import CKernel
public import Kernel

/// A pool that objects are allocated from. It ends with its last allocation and whoever made it: so no allocation outlives its pool.
public struct Pool<Store: ObjectStore & ~Copyable>: ~Copyable, Sendable {
  let store: Shared<Store>

  /// Throws: `outOfMemory`; the store has ended then.
  /// Context: as the flags say.
  public init(_ store: consuming Store, _ flags: AllocationFlags) throws(Errno) {
    self.store = try Shared(store, flags)
  }

  private init(sharing store: consuming Shared<Store>) { self.store = store }

  /// The same pool, for one more owner.
  ///
  /// Context: any.
  public borrowing func share() -> Pool { Pool(sharing: store.share()) }

  /// Makes an object of a size in bytes. The corresponding C function is `zpool_malloc`.
  ///
  /// Throws: `invalidArgument` for a size below 1; `noSpaceLeft` for one that is too large; `outOfMemory`; or what else the
  /// allocator threw.
  /// Context: as the flags say; process context.
  public borrowing func allocate(
    _ byteCount: Int, _ flags: AllocationFlags, node: NUMANode = .any
  ) throws(Errno) -> Allocation<Store> {
    let request = try AllocationRequest(byteCount: byteCount, flags, node: node)
    // SAFETY: the allocation ends it, which owns a share of the store.
    let handle = try unsafe store.value.make(request)
    return Allocation(handle, byteCount, store.share())
  }

  /// How many pages the pool has. The corresponding C function is `zpool_get_total_pages`.
  public var pageCount: Int { store.value.pageCount }
}

/// An object of a pool's, owned: it is freed when this value ends, once, on every path. It owns a share of its pool.
///
/// Invariant: `handle` is an object of `store`'s with room for `byteCount` bytes, which only this value ends.
public struct Allocation<Store: ObjectStore & ~Copyable>: ~Copyable, Sendable {
  private let handle: ObjectHandle
  private let store: Shared<Store>

  /// The size that was asked for, in bytes.
  public let byteCount: Int

  init(_ handle: ObjectHandle, _ byteCount: Int, _ store: consuming Shared<Store>) {
    // INVARIANT: the caller has made the object in this store just now.
    self.handle = handle
    self.byteCount = byteCount
    self.store = store
  }

  deinit {
    // SAFETY: the type's invariant.
    unsafe store.value.end(handle)
  }

  /// Copies bytes to the object's start.
  ///
  /// Throws: `invalidArgument` if they do not fit; `tryAgain` in an interrupt, of zsmalloc's.
  /// Nothing was copied then.
  /// Context: process context.
  public mutating func write(_ bytes: RawSpan) throws(Errno) {
    guard bytes.byteCount <= byteCount else { throw .invalidArgument }
    // SAFETY: the type's invariant, and the check; self is borrowed exclusively.
    try unsafe store.value.write(0, prefixLength: 0, bytes, to: handle)
  }

  /// Copies the whole object to a place in memory.
  ///
  /// Throws: `invalidArgument` if it does not fit; `tryAgain` in an interrupt, of zsmalloc's.
  /// Nothing was copied then.
  /// Context: process context.
  public borrowing func read(into bytes: borrowing MutableBytes, at offset: Int = 0) throws(Errno) {
    // SAFETY: the type's invariant; the range is checked first, and nobody writes while self is borrowed.
    var failure: Errno?
    try unsafe bytes.withRange(at: offset, length: byteCount) { memory in
      do throws(Errno) { try unsafe store.value.read(handle, to: memory, length: byteCount) } catch { failure = error }
    }
    if let failure { throw failure }
  }
}

extension Allocation where Store: AddressableStore & ~Copyable {
  /// Gives the object's bytes to `body`, where they are. Several objects, and the same one several times, can be looked at at once.
  ///
  /// Context: any; the body may sleep.
  @inline(__always)
  public borrowing func withBytes<Result: ~Copyable, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: the type's invariant; nobody writes while self is borrowed, and the span does not outlive the call.
    let address = unsafe store.value.address(of: handle)
    return try body(unsafe RawSpan(_unsafeStart: address, byteCount: byteCount))
  }
}
