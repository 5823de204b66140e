// SPDX-License-Identifier: GPL-2.0-only
// The stores of the tests: allocators that are called through their C structure.

internal import CKernel
public import Kernel
public import Zpool

/// A store on an allocator that is called through its structure, as zpool calls it.
///
/// It is for tests of this path, and for comparisons.
public struct DriverStore<Driver: ~Copyable & Sendable>: ObjectStore, ~Copyable {
  // The pool ends before its driver.
  private let pool: DriverPool
  private let driver: Driver

  /// A store that owns both.
  init(_ pool: consuming DriverPool, of driver: consuming Driver) {
    self.pool = pool
    self.driver = driver
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

/// A store on one of this project's allocators, through its registered structure.
public typealias RegisteredStore<Allocating: Allocator & ~Copyable> =
  DriverStore<ZpoolRegistration<Allocating>>

/// A store on the allocator of another C module, through the structure that the module exports.
///
/// The module `apus_peer_NAME` exports its `struct zpool_driver` under the module's name
/// (kbuild/build-peers).
public typealias PeerStore = DriverStore<PeerDriver>

extension DriverStore where Driver: ~Copyable {
  /// The corresponding C callback is `create`.
  ///
  /// Throws: `outOfMemory` for every error, because C's result is only null.
  /// Context: may sleep.
  public init<Allocating: Allocator & ~Copyable>(
    _ registration: consuming ZpoolRegistration<Allocating>
  ) throws(Errno) where Driver == ZpoolRegistration<Allocating> {
    // SAFETY: the store owns the registration, and ends the pool before it.
    let pool = try unsafe DriverPool(of: registration.driver)
    self.init(pool, of: registration)
  }
}

extension DriverStore where Driver == PeerDriver {
  /// The corresponding C functions are `__symbol_get` and the callback `create`.
  ///
  /// Throws: `noSuchFileOrDirectory` unless the module is loaded; `outOfMemory`.
  /// Context: may sleep.
  public init(_ name: StaticCString) throws(Errno) {
    let peer = try PeerDriver(name)
    // SAFETY: the driver's invariant; the store keeps the driver, and ends the pool before it.
    let pool = try unsafe DriverPool(of: peer.driver)
    self.init(pool, of: peer)
  }
}
