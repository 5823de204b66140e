// SPDX-License-Identifier: GPL-2.0-only
// The backing store of a pool of objects.

internal import CKernel
public import Kernel
internal import Synchronization

/// The backing store of a `Pool`.
///
/// There are two: one of this project's allocators, called directly (`DirectStore`), and the
/// kernel's zsmalloc (`KernelStore`). The tests have two more, in Tests/Libraries/PoolDoubles.
///
/// `Allocation` and `ObjectTable` call the methods. They hold a handle that `make` returned, and
/// pass it to `end` once. A driver cannot call the methods, and a store of its own could not have
/// objects, because only this library makes an `ObjectHandle`.
public protocol ObjectStore: ~Copyable, Sendable {
  /// Makes an object.
  ///
  /// The caller passes the handle to `end` before the store ends. If a zsmalloc pool is destroyed
  /// with objects in it, pages are left behind that the kernel may still move, which accesses the
  /// pool.
  @unsafe borrowing func make(_ request: borrowing AllocationRequest) throws(Errno) -> ObjectHandle

  /// Frees an object.
  ///
  /// The caller got the handle from `make` of this store, and gives it up.
  @unsafe borrowing func end(_ handle: ObjectHandle)

  /// Copies the low `prefixLength` bytes of a word (0 or 2), followed by `bytes`, to the start of
  /// an object.
  ///
  /// The caller owns the handle, the object has room for both, and no other code reads or writes
  /// it.
  ///
  /// Throws: `tryAgain` in a context where the store cannot be used; then nothing was copied.
  @unsafe borrowing func write(
    _ prefix: UInt16, prefixLength: Int, _ bytes: RawSpan, to handle: ObjectHandle
  ) throws(Errno)

  /// Copies the first bytes of an object to memory.
  ///
  /// The caller owns the handle, the object has that many bytes, the memory has room for them, and
  /// no other code writes the object.
  ///
  /// Throws: as `write`.
  @unsafe borrowing func read(
    _ handle: ObjectHandle, to memory: UnsafeMutableRawPointer, length: Int) throws(Errno)

  /// The number of pages that the store has.
  var pageCount: Int { get }
}

/// The number that identifies an object in a store.
///
/// Only stores make it, and it has no meaning for other code.
@frozen
public struct ObjectHandle: Sendable, ~BitwiseCopyable {
  package let raw: UInt

  /// INVARIANT: the number identifies an object of the store that returns this handle. A table may
  /// have kept the number meanwhile.
  @inline(__always)
  package init(_ raw: UInt) { self.raw = raw }
}

/// A store whose objects have addresses that do not change.
///
/// So an object can be read in place, and several objects concurrently.
public protocol AddressableStore: ObjectStore, ~Copyable {
  /// The address of an object.
  ///
  /// The caller owns the handle.
  @unsafe borrowing func address(of handle: ObjectHandle) -> UnsafeRawPointer
}

/// A store on one of this project's allocators.
public struct DirectStore<Driver: Allocator & ~Copyable>: AddressableStore, ~Copyable {
  let allocator: Driver

  /// A store that owns the allocator.
  public init(_ allocator: consuming Driver) { self.allocator = allocator }

  /// Makes an object with the allocator's `allocate`.
  ///
  /// Throws: the error of `allocate`; `noSpaceLeft` if the slot is too small, or (on kernels until
  /// 6.7) if its slab has objects of a pool that evicts.
  /// Context: as the request's flags say; process context.
  @unsafe
  public borrowing func make(_ request: borrowing AllocationRequest) throws(Errno) -> ObjectHandle {
    // SAFETY: the owner of the handle passes it to `end`, by the protocol's contract.
    ObjectHandle(unsafe try allocator.slot(for: request, UInt8(APUS_CLIENT_PLAIN.rawValue)).take())
  }

  /// Frees an object with the allocator's `free`.
  ///
  /// Context: process context.
  @unsafe
  public borrowing func end(_ handle: ObjectHandle) {
    // SAFETY: the protocol's contract.
    unsafe allocator.free(Slot(raw: handle.raw))
  }

  /// The address of an object, which does not change.
  @unsafe
  public borrowing func address(of handle: ObjectHandle) -> UnsafeRawPointer {
    // SAFETY: the protocol's contract; this does not free the slot.
    unsafe UnsafeRawPointer(Slot(raw: handle.raw).address)
  }

  /// Copies the low `prefixLength` bytes of a word, followed by `bytes`, to the object in place.
  @unsafe
  public borrowing func write(
    _ prefix: UInt16, prefixLength: Int, _ bytes: RawSpan, to handle: ObjectHandle
  ) {
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

  /// Copies the first `length` bytes of an object to memory.
  @unsafe
  public borrowing func read(
    _ handle: ObjectHandle, to memory: UnsafeMutableRawPointer, length: Int
  ) {
    // SAFETY: the protocol's contract.
    unsafe apus_memmove(memory, address(of: handle), length)
  }

  /// The number of pages that the allocator has.
  public var pageCount: Int { allocator.pageCount }
}

/// The number in the name of the last `KernelStore`.
private enum StoreNumber {
  static let last = Atomic<UInt32>(0)
}

/// A store on the kernel's zsmalloc.
///
/// Objects of zsmalloc move. A CPU can map only one of them at a time, and must not sleep
/// meanwhile. So objects are only copied. The store is for process context only, because zsmalloc's
/// locks leave interrupts on. The end of an object is for process context only as well: in an
/// interrupt it stops the kernel (`BUG`) before it would wait for a lock that the interrupted task
/// may hold.
///
/// Invariant: `pool` is a zsmalloc pool that only this value destroys.
@safe
public struct KernelStore: ObjectStore, ~Copyable, @unchecked Sendable {
  private let pool: OpaquePointer

  /// Makes an empty pool. The corresponding C function is `zs_create_pool`.
  ///
  /// - Parameter name: a part of the pool's name in debugfs, without spaces. The other parts are
  ///   the module's name and a number.
  ///
  /// Throws: `invalidArgument` for a name with a space; `outOfMemory`.
  /// Context: may sleep.
  public init(_ name: StaticCString) throws(Errno) {
    var index = 0
    while let byte = name.byte(at: index) {
      if byte == UInt8(ascii: " ") { throw .invalidArgument }
      index &+= 1
    }
    let number = StoreNumber.last.wrappingAdd(1, ordering: .relaxed).newValue
    // SAFETY: a literal ends with a NUL; the function copies it.
    guard let pool = unsafe apus_zs_create(name.cString, number) else { throw .outOfMemory }
    // INVARIANT: the pool was just made.
    unsafe self.pool = pool
  }

  deinit {
    // SAFETY: the type's invariant. No object is left, because allocations and tables hold
    // references to the store.
    unsafe apus_zs_destroy(pool)
  }

  /// The corresponding C function is `zs_malloc`.
  ///
  /// Throws: `tryAgain` in an interrupt, or where bottom halves are off; the error of `zs_malloc`.
  @unsafe
  public borrowing func make(_ request: borrowing AllocationRequest) throws(Errno) -> ObjectHandle {
    // SAFETY: any size and flags are valid arguments.
    let result = unsafe apus_zs_malloc(pool, request.byteCount, request.flags.rawValue)
    // SAFETY: the number is only examined.
    if unsafe apus_is_error(result) != 0 {
      throw Errno(kernelResult: CInt(truncatingIfNeeded: result))
    }
    return ObjectHandle(UInt(bitPattern: result))
  }

  /// The corresponding C function is `zs_free`.
  @unsafe
  public borrowing func end(_ handle: ObjectHandle) {
    // SAFETY: the protocol's contract.
    unsafe apus_zs_free(pool, handle.raw)
  }

  /// The corresponding C functions are `zs_map_object` and `zs_unmap_object`.
  ///
  /// Throws: `tryAgain` in an interrupt, or where bottom halves are off. A mapping there would take
  /// the place of another mapping of the CPU.
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
  /// Throws: `tryAgain` in an interrupt, or where bottom halves are off. A mapping there would take
  /// the place of another mapping of the CPU.
  @unsafe
  public borrowing func read(
    _ handle: ObjectHandle, to memory: UnsafeMutableRawPointer, length: Int
  ) throws(Errno) {
    // SAFETY: the protocol's contract.
    try Errno.check(unsafe apus_zs_read(pool, handle.raw, memory, length))
  }

  /// The corresponding C function is `zs_get_total_pages`.
  public var pageCount: Int {
    // SAFETY: the pool exists until `deinit` destroys it.
    Int(truncatingIfNeeded: unsafe zs_get_total_pages(pool))
  }
}
