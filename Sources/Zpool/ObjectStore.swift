// SPDX-License-Identifier: GPL-2.0-only
// Where the objects of a pool are.

internal import CKernel
public import Kernel

/// What a `Pool` stands on: one of this project's allocators, with nothing between (`DirectStore`), the kernel's zsmalloc (`KernelStore`), or an allocator by way
/// of the C structure it has registered (`RegisteredStore`).
///
/// Its methods are for `Allocation` and `ObjectTable`, which hold a handle that `make` gave and end
/// it once. A driver cannot call them, nor can a type of its own be a store that has objects: only
/// this library makes an `ObjectHandle`.
public protocol ObjectStore: ~Copyable, Sendable {
  /// Makes an object.
  ///
  /// The caller gives the handle to `end` before the store ends: a pool of zsmalloc's that is
  /// destroyed with objects in it leaves pages behind which the kernel may still move, by way of
  /// the pool.
  @unsafe borrowing func make(_ request: borrowing AllocationRequest) throws(Errno) -> ObjectHandle

  /// Ends an object.
  ///
  /// The caller had the handle from `make` of this store, and gives it up.
  @unsafe borrowing func end(_ handle: ObjectHandle)

  /// Copies the low bytes of a word (0 or 2), and bytes behind them, to an object's start.
  ///
  /// The caller has the handle, the object has room for both, and nobody else reads or writes it.
  ///
  /// Throws: `tryAgain` where the store cannot be used; then nothing was copied.
  @unsafe borrowing func write(
    _ prefix: UInt16, prefixLength: Int, _ bytes: RawSpan, to handle: ObjectHandle
  ) throws(Errno)

  /// Copies an object's first bytes to memory.
  ///
  /// The caller has the handle, the object has that many bytes, the memory has room, and nobody writes the object.
  ///
  /// Throws: as `write`.
  @unsafe borrowing func read(_ handle: ObjectHandle, to memory: UnsafeMutableRawPointer, length: Int) throws(Errno)

  /// How many pages the store has.
  var pageCount: Int { get }
}

/// The number by which a store knows an object. Only stores make it, and it says nothing to
/// other code.
@frozen
public struct ObjectHandle: Sendable, ~BitwiseCopyable {
  package let raw: UInt

  /// INVARIANT: an object of the store that gives it away, or what a table has kept of such a
  /// handle.
  @inline(__always)
  package init(_ raw: UInt) { self.raw = raw }
}

/// A store whose objects have addresses that do not change, so that they can be looked at where they are, several at once.
public protocol AddressableStore: ObjectStore, ~Copyable {
  /// The address of an object.
  ///
  /// The caller has the handle.
  @unsafe borrowing func address(of handle: ObjectHandle) -> UnsafeRawPointer
}

/// One of this project's allocators.
public struct DirectStore<Driver: Allocator & ~Copyable>: AddressableStore, ~Copyable {
  let allocator: Driver

  public init(_ allocator: consuming Driver) { self.allocator = allocator }

  @unsafe
  public borrowing func make(_ request: borrowing AllocationRequest) throws(Errno) -> ObjectHandle {
    // SAFETY: whoever has the number gives it back to `end`, by the protocol's contract.
    ObjectHandle(unsafe try allocator.slot(for: request, UInt8(APUS_CLIENT_PLAIN.rawValue)).take())
  }

  @unsafe
  public borrowing func end(_ handle: ObjectHandle) {
    // SAFETY: the protocol's contract.
    unsafe allocator.free(Slot(raw: handle.raw))
  }

  @unsafe
  public borrowing func address(of handle: ObjectHandle) -> UnsafeRawPointer {
    // SAFETY: the protocol's contract; the slot is not freed by this.
    unsafe UnsafeRawPointer(Slot(raw: handle.raw).address)
  }

  @unsafe
  public borrowing func write(_ prefix: UInt16, prefixLength: Int, _ bytes: RawSpan, to handle: ObjectHandle) {
    // SAFETY: the protocol's contract.
    let start = unsafe Slot(raw: handle.raw).address
    var prefix = prefix
    let length = bytes.byteCount
    unsafe apus_memmove(start, &prefix, prefixLength)
    unsafe bytes.withUnsafeBytes { bytes in
      guard let from = bytes.baseAddress else { return }
      unsafe apus_memmove(start + prefixLength, from, length)
    }
  }

  @unsafe
  public borrowing func read(_ handle: ObjectHandle, to memory: UnsafeMutableRawPointer, length: Int) {
    // SAFETY: the protocol's contract.
    unsafe apus_memmove(memory, address(of: handle), length)
  }

  public var pageCount: Int { allocator.pageCount }
}

/// The kernel's zsmalloc. Its objects move, and only one of them can be mapped at a time on a CPU, without sleeping; so they are only copied.
/// It is for tasks alone, as its locks are; so are its objects' ends, which the debug kernel
/// reports elsewhere.
///
/// Invariant: `pool` is a pool of zsmalloc's that only this value destroys.
@safe
public struct KernelStore: ObjectStore, ~Copyable, @unchecked Sendable {
  private let pool: OpaquePointer

  /// Makes an empty pool. The corresponding C function is `zs_create_pool`.
  ///
  /// - Parameter name: what debugfs calls it; no other pool may have it.
  ///
  /// Throws: `outOfMemory`.
  /// Context: may sleep.
  public init(_ name: Literal) throws(Errno) {
    // SAFETY: a literal ends with a NUL; it is copied.
    guard let pool = unsafe apus_zs_create(name.cString) else { throw .outOfMemory }
    // INVARIANT: made just now.
    unsafe self.pool = pool
  }

  deinit {
    // SAFETY: the type's invariant; what had objects in it has ended, as the pool's allocations own shares of it.
    unsafe apus_zs_destroy(pool)
  }

  /// The corresponding C function is `zs_malloc`.
  @unsafe
  public borrowing func make(_ request: borrowing AllocationRequest) throws(Errno) -> ObjectHandle {
    // SAFETY: any size and flags are valid arguments.
    let result = unsafe apus_zs_malloc(pool, request.byteCount, request.flags.rawValue)
    // SAFETY: the number is only looked at.
    if unsafe apus_is_error(result) != 0 { throw Errno(kernelResult: CInt(truncatingIfNeeded: result)) }
    return ObjectHandle(UInt(bitPattern: result))
  }

  /// The corresponding C function is `zs_free`.
  @unsafe
  public borrowing func end(_ handle: ObjectHandle) {
    // SAFETY: the protocol's contract.
    unsafe zs_free(pool, handle.raw)
  }

  /// The corresponding C functions are `zs_map_object` and `zs_unmap_object`.
  ///
  /// Throws: `tryAgain` in an interrupt, or where bottom halves are off: what is mapped there would
  /// take another mapping's place.
  @unsafe
  public borrowing func write(
    _ prefix: UInt16, prefixLength: Int, _ bytes: RawSpan, to handle: ObjectHandle
  ) throws(Errno) {
    var prefix = prefix
    let length = bytes.byteCount
    // SAFETY: the protocol's contract.
    let result = unsafe bytes.withUnsafeBytes { bytes in
      unsafe apus_zs_write(pool, handle.raw, &prefix, prefixLength, bytes.baseAddress, length)
    }
    try Errno.check(result)
  }

  /// The corresponding C functions are `zs_map_object` and `zs_unmap_object`.
  ///
  /// Throws: `tryAgain` in an interrupt, or where bottom halves are off: what is mapped there would
  /// take another mapping's place.
  @unsafe
  public borrowing func read(
    _ handle: ObjectHandle, to memory: UnsafeMutableRawPointer, length: Int
  ) throws(Errno) {
    // SAFETY: the protocol's contract.
    try Errno.check(unsafe apus_zs_read(pool, handle.raw, memory, length))
  }

  /// The corresponding C function is `zs_get_total_pages`.
  public var pageCount: Int {
    // SAFETY: the type's invariant.
    Int(truncatingIfNeeded: unsafe zs_get_total_pages(pool))
  }
}

/// A pool of a driver's, by way of its structure, as zpool would call it.
///
/// Invariant: `pool` is a pool that the driver's `create` gave, which only this value destroys; whoever has this value keeps the structure as long.
@safe
@usableFromInline
struct DriverPool: ~Copyable, @unchecked Sendable {
  private let driver: UnsafeMutablePointer<zpool_driver>
  private let pool: UnsafeMutableRawPointer

  /// The corresponding C callback is `create`.
  @unsafe
  init(of driver: UnsafeMutablePointer<zpool_driver>) throws(Errno) {
    // SAFETY: the caller has the driver.
    guard let pool = unsafe apus_zpool_create(driver, AllocationFlags.kernel.rawValue) else { throw .outOfMemory }
    // INVARIANT: made just now.
    unsafe self.driver = driver
    unsafe self.pool = pool
  }

  deinit {
    // SAFETY: the type's invariant.
    unsafe apus_zpool_destroy(driver, pool)
  }

  @inline(__always)
  func make(_ request: borrowing AllocationRequest) throws(Errno) -> ObjectHandle {
    var handle: UInt = 0
    // SAFETY: the type's invariant.
    let result = unsafe apus_zpool_malloc(driver, pool, request.byteCount, request.flags.rawValue, &handle)
    try Errno.check(result)
    return ObjectHandle(handle)
  }

  @unsafe @inline(__always)
  func end(_ handle: ObjectHandle) {
    // SAFETY: the contract of `ObjectStore`.
    unsafe apus_zpool_free(driver, pool, handle.raw)
  }

  @unsafe @inline(__always)
  func write(_ prefix: UInt16, prefixLength: Int, _ bytes: RawSpan, to handle: ObjectHandle) {
    var prefix = prefix
    let length = bytes.byteCount
    // SAFETY: the contract of `ObjectStore`.
    unsafe bytes.withUnsafeBytes { bytes in
      unsafe apus_zpool_write(driver, pool, handle.raw, &prefix, prefixLength, bytes.baseAddress, length)
    }
  }

  @unsafe @inline(__always)
  func read(_ handle: ObjectHandle, to memory: UnsafeMutableRawPointer, length: Int) {
    // SAFETY: the contract of `ObjectStore`.
    unsafe apus_zpool_read(driver, pool, handle.raw, memory, length)
  }

  var pageCount: Int {
    // SAFETY: the type's invariant.
    Int(truncatingIfNeeded: unsafe apus_zpool_pages(driver, pool))
  }
}

/// An allocator by way of the structure that it has registered, as zpool would call it: to test that.
public struct RegisteredStore<Driver: Allocator & ~Copyable>: ObjectStore, ~Copyable {
  // The pool ends before its driver.
  private let pool: DriverPool
  private let registration: Shared<RegisteredDriver>

  /// The corresponding C callback is `create`.
  ///
  /// Throws: `outOfMemory`, whatever was wrong: C's answer has no place for more.
  /// Context: may sleep.
  public init(_ registration: borrowing ZpoolRegistration<Driver>) throws(Errno) {
    // SAFETY: the registration's invariant; a share of it is kept.
    pool = try unsafe DriverPool(of: registration.core.value.driver)
    self.registration = registration.core.share()
  }

  @unsafe
  public borrowing func make(_ request: borrowing AllocationRequest) throws(Errno) -> ObjectHandle {
    try pool.make(request)
  }

  @unsafe
  public borrowing func end(_ handle: ObjectHandle) {
    // SAFETY: the protocol's contract.
    unsafe pool.end(handle)
  }

  @unsafe
  public borrowing func write(_ prefix: UInt16, prefixLength: Int, _ bytes: RawSpan, to handle: ObjectHandle) {
    // SAFETY: the protocol's contract.
    unsafe pool.write(prefix, prefixLength: prefixLength, bytes, to: handle)
  }

  @unsafe
  public borrowing func read(_ handle: ObjectHandle, to memory: UnsafeMutableRawPointer, length: Int) {
    // SAFETY: the protocol's contract.
    unsafe pool.read(handle, to: memory, length: length)
  }

  public var pageCount: Int { pool.pageCount }
}

/// The driver of a module of C, held: the module stays as long as the value.
///
/// Invariant: `driver` is what the module exports, and has a count of its own there.
@safe
@usableFromInline
struct PeerDriver: ~Copyable, @unchecked Sendable {
  let driver: UnsafeMutablePointer<zpool_driver>

  init(_ name: Literal) throws(Errno) {
    // SAFETY: a literal ends with a NUL.
    guard let driver = unsafe apus_zpool_peer_get(name.cString) else { throw .noSuchFileOrDirectory }
    // INVARIANT: had just now.
    unsafe self.driver = driver
  }

  deinit {
    // SAFETY: the type's invariant.
    unsafe apus_zpool_peer_put(driver)
  }
}

/// An allocator of somebody else's by way of the structure that it has registered: to compare with.
///
/// The module `apus_peer_NAME` exports its `struct zpool_driver` under its own name (kbuild/build-peers).
public struct PeerStore: ObjectStore, ~Copyable {
  // The pool ends before its driver.
  private let pool: DriverPool
  private let peer: PeerDriver

  /// The corresponding C functions are `__symbol_get` and the callback `create`.
  ///
  /// Throws: `noSuchFileOrDirectory` unless the module is loaded; `outOfMemory`.
  /// Context: may sleep.
  public init(_ name: Literal) throws(Errno) {
    let peer = try PeerDriver(name)
    // SAFETY: the driver's invariant; it is kept.
    pool = try unsafe DriverPool(of: peer.driver)
    self.peer = peer
  }

  @unsafe
  public borrowing func make(_ request: borrowing AllocationRequest) throws(Errno) -> ObjectHandle {
    try pool.make(request)
  }

  @unsafe
  public borrowing func end(_ handle: ObjectHandle) {
    // SAFETY: the protocol's contract.
    unsafe pool.end(handle)
  }

  @unsafe
  public borrowing func write(_ prefix: UInt16, prefixLength: Int, _ bytes: RawSpan, to handle: ObjectHandle) {
    // SAFETY: the protocol's contract.
    unsafe pool.write(prefix, prefixLength: prefixLength, bytes, to: handle)
  }

  @unsafe
  public borrowing func read(_ handle: ObjectHandle, to memory: UnsafeMutableRawPointer, length: Int) {
    // SAFETY: the protocol's contract.
    unsafe pool.read(handle, to: memory, length: length)
  }

  public var pageCount: Int { pool.pageCount }
}
