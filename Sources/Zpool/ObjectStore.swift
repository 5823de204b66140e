// SPDX-License-Identifier: GPL-2.0-only
// Where the objects of a pool are.

internal import CKernel
public import Kernel

/// What a `Pool` stands on: one of this project's allocators, with nothing between (`DirectStore`), the kernel's zsmalloc (`KernelStore`), or an allocator by way
/// of the C structure it has registered (`RegisteredStore`).
///
/// Its methods are for `Allocation` and `ObjectTable`, which hold a handle that `make` gave and end it once.
public protocol ObjectStore: ~Copyable, Sendable {
  /// Makes an object.
  borrowing func make(_ request: borrowing AllocationRequest) throws(Errno) -> UInt

  /// Ends an object.
  ///
  /// The caller had the handle from `make` of this store, and gives it up.
  @unsafe borrowing func end(_ handle: UInt)

  /// Copies the low bytes of a word (0 or 2), and bytes behind them, to an object's start.
  ///
  /// The caller has the handle, the object has room for both, and nobody else reads or writes it.
  @unsafe borrowing func write(_ prefix: UInt16, prefixLength: Int, _ bytes: RawSpan, to handle: UInt)

  /// Copies an object's first bytes to memory.
  ///
  /// The caller has the handle, the object has that many bytes, the memory has room, and nobody writes the object.
  @unsafe borrowing func read(_ handle: UInt, to memory: UnsafeMutableRawPointer, length: Int)

  /// How many pages the store has.
  var pageCount: Int { get }
}

/// A store whose objects have addresses that do not change, so that they can be looked at where they are, several at once.
public protocol AddressableStore: ObjectStore, ~Copyable {
  /// The address of an object.
  ///
  /// The caller has the handle.
  @unsafe borrowing func address(of handle: UInt) -> UnsafeRawPointer
}

/// One of this project's allocators.
public struct DirectStore<Driver: Allocator & ~Copyable>: AddressableStore, ~Copyable {
  let allocator: Driver

  public init(_ allocator: consuming Driver) { self.allocator = allocator }

  public borrowing func make(_ request: borrowing AllocationRequest) throws(Errno) -> UInt {
    // SAFETY: whoever has the number gives it back to `end`, by the protocol's contract.
    unsafe try allocator.allocate(request).take()
  }

  @unsafe
  public borrowing func end(_ handle: UInt) {
    // SAFETY: the protocol's contract.
    unsafe allocator.free(Slot(raw: handle))
  }

  @unsafe
  public borrowing func address(of handle: UInt) -> UnsafeRawPointer {
    // SAFETY: the protocol's contract; the slot is not freed by this.
    unsafe UnsafeRawPointer(Slot(raw: handle).address)
  }

  @unsafe
  public borrowing func write(_ prefix: UInt16, prefixLength: Int, _ bytes: RawSpan, to handle: UInt) {
    // SAFETY: the protocol's contract.
    let start = unsafe Slot(raw: handle).address
    var prefix = prefix
    let length = bytes.byteCount
    unsafe apus_memmove(start, &prefix, prefixLength)
    unsafe bytes.withUnsafeBytes { bytes in
      guard let from = bytes.baseAddress else { return }
      unsafe apus_memmove(start + prefixLength, from, length)
    }
  }

  @unsafe
  public borrowing func read(_ handle: UInt, to memory: UnsafeMutableRawPointer, length: Int) {
    // SAFETY: the protocol's contract.
    unsafe apus_memmove(memory, address(of: handle), length)
  }

  public var pageCount: Int { allocator.pageCount }
}

/// The kernel's zsmalloc. Its objects move, and only one of them can be mapped at a time on a CPU, without sleeping; so they are only copied.
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
    unsafe zs_destroy_pool(pool)
  }

  /// The corresponding C function is `zs_malloc`.
  public borrowing func make(_ request: borrowing AllocationRequest) throws(Errno) -> UInt {
    // SAFETY: any size and flags are valid arguments.
    let result = unsafe apus_zs_malloc(pool, request.byteCount, request.flags.rawValue)
    // SAFETY: the number is only looked at.
    if unsafe apus_is_error(result) != 0 { throw Errno(kernelResult: CInt(truncatingIfNeeded: result)) }
    return UInt(bitPattern: result)
  }

  /// The corresponding C function is `zs_free`.
  @unsafe
  public borrowing func end(_ handle: UInt) {
    // SAFETY: the protocol's contract.
    unsafe zs_free(pool, handle)
  }

  /// The corresponding C functions are `zs_map_object` and `zs_unmap_object`.
  @unsafe
  public borrowing func write(_ prefix: UInt16, prefixLength: Int, _ bytes: RawSpan, to handle: UInt) {
    var prefix = prefix
    let length = bytes.byteCount
    // SAFETY: the protocol's contract.
    unsafe bytes.withUnsafeBytes { bytes in
      unsafe apus_zs_write(pool, handle, &prefix, prefixLength, bytes.baseAddress, length)
    }
  }

  /// The corresponding C functions are `zs_map_object` and `zs_unmap_object`.
  @unsafe
  public borrowing func read(_ handle: UInt, to memory: UnsafeMutableRawPointer, length: Int) {
    // SAFETY: the protocol's contract.
    unsafe apus_zs_read(pool, handle, memory, length)
  }

  /// The corresponding C function is `zs_get_total_pages`.
  public var pageCount: Int {
    // SAFETY: the type's invariant.
    Int(truncatingIfNeeded: unsafe zs_get_total_pages(pool))
  }
}

/// An allocator by way of the structure that it has registered, as zpool would call it: to test that.
///
/// Invariant: `pool` is a pool that the driver's `create` gave, which only this value destroys; the structure stays as long.
@safe
public struct RegisteredStore<Driver: Allocator & ~Copyable>: ObjectStore, ~Copyable, @unchecked Sendable {
  private let pool: UnsafeMutableRawPointer
  private let registration: Shared<RegisteredDriver>

  /// The corresponding C callback is `create`.
  ///
  /// Throws: `outOfMemory`, whatever was wrong: C's answer has no place for more.
  /// Context: may sleep.
  public init(_ registration: borrowing ZpoolRegistration<Driver>) throws(Errno) {
    // SAFETY: the registration's invariant.
    guard let pool = unsafe apus_zpool_create(registration.core.value.driver.address, AllocationFlags.kernel.rawValue)
    else { throw .outOfMemory }
    // INVARIANT: made just now.
    unsafe self.pool = pool
    self.registration = registration.core.share()
  }

  deinit {
    // SAFETY: the type's invariant.
    unsafe apus_zpool_destroy(driver, pool)
  }

  @unsafe
  private var driver: UnsafeMutablePointer<zpool_driver> {
    // SAFETY: the type's invariant.
    unsafe registration.value.driver.address
  }

  public borrowing func make(_ request: borrowing AllocationRequest) throws(Errno) -> UInt {
    var handle: UInt = 0
    // SAFETY: the type's invariant.
    let result = unsafe apus_zpool_malloc(
      driver, pool, request.byteCount, request.flags.rawValue, &handle)
    try Errno.check(result)
    return handle
  }

  @unsafe
  public borrowing func end(_ handle: UInt) {
    // SAFETY: the protocol's contract.
    unsafe apus_zpool_free(driver, pool, handle)
  }

  @unsafe
  public borrowing func write(_ prefix: UInt16, prefixLength: Int, _ bytes: RawSpan, to handle: UInt) {
    var prefix = prefix
    let length = bytes.byteCount
    // SAFETY: the protocol's contract.
    unsafe bytes.withUnsafeBytes { bytes in
      unsafe apus_zpool_write(driver, pool, handle, &prefix, prefixLength, bytes.baseAddress, length)
    }
  }

  @unsafe
  public borrowing func read(_ handle: UInt, to memory: UnsafeMutableRawPointer, length: Int) {
    // SAFETY: the protocol's contract.
    unsafe apus_zpool_read(driver, pool, handle, memory, length)
  }

  public var pageCount: Int {
    // SAFETY: the type's invariant.
    Int(truncatingIfNeeded: unsafe apus_zpool_pages(driver, pool))
  }
}
