// SPDX-License-Identifier: GPL-2.0-only
// A pool of objects for drivers. The corresponding C functions are zpool_malloc and related ones.
// C header: include/linux/zpool.h, include/linux/zsmalloc.h

internal import CKernel
public import Kernel

/// A pool that objects are allocated from.
///
/// Each allocation holds a reference to it, so the pool ends with its last reference, and no
/// allocation outlives it.
///
/// ```swift
/// /// The pages of a compressed RAM disk, each in an object of zsmalloc.
/// struct CompressedPages: ~Copyable {
///   private var objects = RedBlackTree<UInt64, Allocation<KernelStore>>()
///   private let pool: Pool<KernelStore>
///
///   init() throws(Errno) { pool = try Pool(KernelStore("compressed_disk"), .kernel) }
///
///   mutating func store(_ compressed: RawSpan, at number: UInt64) throws(Errno) {
///     var object = try pool.allocate(compressed.byteCount, .noIO)
///     try object.write(compressed)
///     let node = try RedBlackTree.Node(number, object, .noIO)
///     _ = objects.remove(number)
///     _ = objects.insert(node)
///   }
///
///   /// Copies a page's compressed bytes to `bytes`, if the page was ever written.
///   func load(_ number: UInt64, into bytes: borrowing MutableBytes) throws(Errno) {
///     _ = try objects.withValue(at: number) { object throws(Errno) in
///       try object.read(into: bytes)
///     }
///   }
/// }
/// ```
public struct Pool<Store: ObjectStore & ~Copyable>: ~Copyable, Sendable {
  let store: Shared<Store>

  /// Throws: `outOfMemory`; the store has ended then.
  /// Context: as the flags say.
  public init(_ store: consuming Store, _ flags: AllocationFlags) throws(Errno) {
    self.store = try Shared(store, flags)
  }

  private init(sharing store: consuming Shared<Store>) { self.store = store }

  /// Takes another reference to the pool.
  ///
  /// Context: any.
  public borrowing func share() -> Pool { Pool(sharing: store.share()) }

  /// Makes an object of a size in bytes. The corresponding C function is `zpool_malloc`.
  ///
  /// Throws: `invalidArgument` for a size below 1; `noSpaceLeft` for a size that is too large;
  /// `outOfMemory`; or another error of the allocator.
  /// Context: as the flags say; process context.
  public borrowing func allocate(
    _ byteCount: Int, _ flags: AllocationFlags, node: NUMANode = .any
  ) throws(Errno) -> Allocation<Store> {
    let request = try AllocationRequest(byteCount: byteCount, flags, node: node)
    // SAFETY: the allocation passes the handle to `end`, and holds a reference to the store.
    let handle = try unsafe store.value.make(request)
    return Allocation(handle, byteCount, store.share())
  }

  /// The number of pages that the pool has.
  ///
  /// The corresponding C function is `zpool_get_total_pages`.
  public var pageCount: Int { store.value.pageCount }
}

/// An object of a pool, owned: freed once, when this value ends, on every path.
///
/// It holds a reference to its pool.
///
/// Invariant: `handle` is an object of `store` with room for `byteCount` bytes, which only this
/// value ends.
public struct Allocation<Store: ObjectStore & ~Copyable>: ~Copyable, Sendable {
  private let handle: ObjectHandle
  private let store: Shared<Store>

  /// The requested size in bytes.
  public let byteCount: Int

  init(_ handle: ObjectHandle, _ byteCount: Int, _ store: consuming Shared<Store>) {
    // INVARIANT: the caller has just made the object in this store.
    self.handle = handle
    self.byteCount = byteCount
    self.store = store
  }

  deinit {
    // SAFETY: `handle` is an object of `store` that only this call ends, and this value's reference
    // keeps the store.
    unsafe store.value.end(handle)
  }

  /// Copies bytes to the object's start.
  ///
  /// Throws: `invalidArgument` if they do not fit; `tryAgain` in an interrupt, if the store is
  /// zsmalloc. Nothing was copied then.
  /// Context: process context.
  public mutating func write(_ bytes: RawSpan) throws(Errno) {
    guard bytes.byteCount <= byteCount else { throw .invalidArgument }
    // SAFETY: the type's invariant, and the check; self is borrowed exclusively.
    try unsafe store.value.write(0, prefixLength: 0, bytes, to: handle)
  }

  /// Copies the whole object to an offset in `bytes`.
  ///
  /// Throws: `invalidArgument` if it does not fit; `tryAgain` in an interrupt, if the store is
  /// zsmalloc. Nothing was copied then.
  /// Context: process context.
  public borrowing func read(into bytes: borrowing MutableBytes, at offset: Int = 0) throws(Errno) {
    // SAFETY: the type's invariant. The range is checked first, and no code writes while self is
    // borrowed.
    var failure: Errno?
    try unsafe bytes.withRange(at: offset, length: byteCount) { memory in
      do throws(Errno) { try unsafe store.value.read(handle, to: memory, length: byteCount) } catch
      { failure = error }
    }
    if let failure { throw failure }
  }
}

extension Allocation where Store: AddressableStore & ~Copyable {
  /// Passes the object's bytes to `body`, in place.
  ///
  /// Several objects can be read concurrently, and so can the same object.
  ///
  /// Context: any; the body may sleep.
  @inline(__always)
  public borrowing func withBytes<Result: ~Copyable, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: the type's invariant. No code writes while self is borrowed, and the span does not
    // outlive the call.
    let address = unsafe store.value.address(of: handle)
    return try body(unsafe RawSpan(_unsafeStart: address, byteCount: byteCount))
  }
}
