// SPDX-License-Identifier: GPL-2.0-only
// A store of the tests: the allocator of another C module.

internal import CKernel
public import Kernel
public import Zpool

/// The driver of a C module. This value keeps the module loaded.
///
/// Invariant: `driver` is the structure that the module exports, and this value holds a reference
/// to the module.
@safe
@usableFromInline
struct PeerDriver: ~Copyable, @unchecked Sendable {
  let driver: UnsafeMutablePointer<zpool_driver>

  init(_ name: StaticCString) throws(Errno) {
    // SAFETY: a literal ends with a NUL.
    guard let driver = unsafe apus_zpool_peer_get(name.cString) else {
      throw .noSuchFileOrDirectory
    }
    // INVARIANT: the reference was just taken.
    unsafe self.driver = driver
  }

  deinit {
    // SAFETY: the type's invariant.
    unsafe apus_zpool_peer_put(driver)
  }
}

/// A store on the allocator of another C module, called through the structure that the module
/// exports.
///
/// It is for comparisons.
///
/// The module `apus_peer_NAME` exports its `struct zpool_driver` under the module's name
/// (kbuild/build-peers).
public struct PeerStore: ObjectStore, ~Copyable {
  // The pool ends before its driver.
  private let pool: DriverPool
  private let peer: PeerDriver

  /// The corresponding C functions are `__symbol_get` and the callback `create`.
  ///
  /// Throws: `noSuchFileOrDirectory` unless the module is loaded; `outOfMemory`.
  /// Context: may sleep.
  public init(_ name: StaticCString) throws(Errno) {
    let peer = try PeerDriver(name)
    // SAFETY: the driver's invariant; this value keeps the driver.
    pool = try unsafe DriverPool(of: peer.driver)
    self.peer = peer
  }

  /// Makes an object. The corresponding C callback is `malloc`.
  ///
  /// Throws: the error of the callback.
  @unsafe
  public borrowing func make(_ request: borrowing AllocationRequest) throws(Errno) -> ObjectHandle {
    try pool.make(request)
  }

  /// Frees an object. The corresponding C callback is `free`.
  @unsafe
  public borrowing func end(_ handle: ObjectHandle) {
    // SAFETY: the protocol's contract.
    unsafe pool.end(handle)
  }

  /// Copies the low `prefixLength` bytes of a word, followed by `bytes`, to an object.
  ///
  /// The corresponding C callbacks are `map`, for writing only, and `unmap`.
  @unsafe
  public borrowing func write(
    _ prefix: UInt16, prefixLength: Int, _ bytes: RawSpan, to handle: ObjectHandle
  ) {
    // SAFETY: the protocol's contract.
    unsafe pool.write(prefix, prefixLength: prefixLength, bytes, to: handle)
  }

  /// Copies the first `length` bytes of an object to memory.
  ///
  /// The corresponding C callbacks are `map`, for reading only, and `unmap`.
  @unsafe
  public borrowing func read(
    _ handle: ObjectHandle, to memory: UnsafeMutableRawPointer, length: Int
  ) {
    // SAFETY: the protocol's contract.
    unsafe pool.read(handle, to: memory, length: length)
  }

  /// The number of pages that the pool has.
  ///
  /// The corresponding C callbacks are `total_pages`, and `total_size` until 6.7.
  public var pageCount: Int { pool.pageCount }
}
