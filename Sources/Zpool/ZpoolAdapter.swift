// SPDX-License-Identifier: GPL-2.0-only
// The interface to C: each callback of zpool calls a method of the allocator and converts the
// result.
// C header: include/linux/zpool.h (struct zpool_driver), mm/zpool.c

internal import CKernel
internal import Kernel

/// A pool as C sees it: the allocator and, on kernels until 6.7, the client that evicts objects.
///
/// Invariant: `operations` and `zpool` stay as long as the pool, and `client` says whether there
/// are operations.
@safe
@usableFromInline
struct PoolContext<Driver: Allocator & ~Copyable>: ~Copyable {
  let allocator: Driver
  let operations: UnsafeRawPointer?
  let zpool: UnsafeMutableRawPointer?
  let client: UInt8

  @unsafe
  init(
    _ allocator: consuming Driver, _ operations: UnsafeRawPointer?,
    _ zpool: UnsafeMutableRawPointer?
  ) {
    self.allocator = allocator
    // INVARIANT: the caller got both as arguments of `create`.
    unsafe self.operations = operations
    unsafe self.zpool = zpool
    client = UInt8(
      truncatingIfNeeded: (unsafe operations == nil ? APUS_CLIENT_PLAIN : APUS_CLIENT_EVICTING)
        .rawValue)
  }
}

/// Functions that the macro's code calls. An allocator does not use them.
///
/// The contract of the zpool layer and its users, for all functions: `pool` is a result of `create`
/// for which `destroy` was not called, and no other call is running when `destroy` is called; a
/// handle is a result of `malloc` for which `free` was not called. On kernels until 6.7, an object
/// that is being evicted may be mapped although other code has freed it meanwhile. `map` and
/// `unmap` are in C: `apus_zpool_map`.
public enum ZpoolAdapter<Driver: Allocator & ~Copyable> {
  /// `create`.
  @inline(__always) @unsafe
  public static func create(
    _ flags: UInt32, _ operations: UnsafeRawPointer?, _ zpool: UnsafeMutableRawPointer?
  ) -> UnsafeMutableRawPointer? {
    do throws(Errno) {
      let flags = AllocationFlags(kernelFlags: flags)
      // SAFETY: the contract above.
      let box = try unsafe HeapBox(PoolContext(try Driver(flags), operations, zpool), flags)
      return unsafe UnsafeMutableRawPointer(box.take())
    } catch {
      // C's result has no place for the error.
      return nil
    }
  }

  @inline(__always) @unsafe
  private static func context(_ pool: UnsafeMutableRawPointer) -> UnsafeMutablePointer<
    PoolContext<Driver>
  > {
    // SAFETY: the contract above.
    unsafe pool.assumingMemoryBound(to: PoolContext<Driver>.self)
  }

  /// `destroy`.
  @inline(__always) @unsafe
  public static func destroy(_ pool: UnsafeMutableRawPointer) {
    // SAFETY: the contract above: `create` took the pool from a box.
    let box = unsafe HeapBox(owning: context(pool))
    let left = box.value.allocator.objectCount
    if left != 0 { log(.error, "a pool is destroyed with \(left) objects in it") }
  }

  /// `malloc`.
  @inline(__always) @unsafe
  public static func allocate(
    _ pool: UnsafeMutableRawPointer, _ size: UInt, _ flags: UInt32,
    _ handle: UnsafeMutablePointer<UInt>
  ) -> Int32 {
    // A size beyond Int becomes negative, and the request then throws.
    Errno.result { () throws(Errno) in
      let request = try AllocationRequest(
        byteCount: Int(bitPattern: size), AllocationFlags(kernelFlags: flags), node: .any)
      // SAFETY: the contract above.
      let context = unsafe context(pool)
      unsafe handle.pointee = try context.pointee.allocator.slot(
        for: request, context.pointee.client
      ).take()
    }
  }

  /// `free`.
  @inline(__always) @unsafe
  public static func free(_ pool: UnsafeMutableRawPointer, _ handle: UInt) {
    // SAFETY: the contract above.
    let slot = unsafe Slot(raw: handle)
    // SAFETY: an object has at least 16 bytes, and the caller owns it until the next line.
    unsafe apus_compat_object_freed(slot.address)
    unsafe context(pool).pointee.allocator.free(slot)
  }

  /// `total_pages`.
  @inline(__always) @unsafe
  public static func pages(_ pool: UnsafeMutableRawPointer) -> UInt64 {
    // SAFETY: the contract above.
    unsafe UInt64(truncatingIfNeeded: context(pool).pointee.allocator.pageCount)
  }

  /// `total_size`.
  @inline(__always) @unsafe
  public static func bytes(_ pool: UnsafeMutableRawPointer) -> UInt64 {
    // SAFETY: the contract above.
    unsafe pages(pool) &<< UInt64(truncatingIfNeeded: pageShift)
  }

  /// The address of the allocator's table, which is a static variable and so never moves.
  @inline(__always) @unsafe
  public static func address(of table: UnsafeMutablePointer<DriverTable<Driver>>) -> UnsafePointer<
    DriverTable<Driver>
  > {
    // SAFETY: the result is the same address, for reading only.
    unsafe UnsafePointer(table)
  }
}

extension ZpoolAdapter where Driver: EvictingAllocator & ~Copyable {
  /// `shrink`, with the results of mm/zbud.c.
  @inline(__always) @unsafe
  public static func shrink(
    _ pool: UnsafeMutableRawPointer, _ pages: UInt32, _ reclaimed: UnsafeMutablePointer<UInt32>?
  ) -> Int32 {
    // SAFETY: the contract above.
    let context = unsafe context(pool)
    var total: UInt32 = 0
    let result = Errno.result { () throws(Errno) in
      guard unsafe context.pointee.operations != nil, pages > 0 else { throw .invalidArgument }
      while total < pages {
        // SAFETY: as above; the evictor does not outlive the call.
        try unsafe context.pointee.allocator.evict(
          Evictor(context.pointee.operations, context.pointee.zpool))
        total &+= 1
      }
    }
    if let reclaimed = unsafe reclaimed { unsafe reclaimed.pointee = total }
    return result
  }
}
