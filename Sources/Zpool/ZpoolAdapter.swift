// SPDX-License-Identifier: GPL-2.0-only
// The C edge: from a callback of zpool to the allocator's method, and its answer back.
// C header: include/linux/zpool.h (struct zpool_driver), mm/zpool.c

internal import CKernel
internal import Kernel

/// A pool as C knows it: the allocator, and on kernels until 6.7 who evicts objects.
///
/// Invariant: `operations` and `zpool` stay as long as the pool, and `client` says whether there
/// are operations.
@safe
@usableFromInline
struct PoolCore<Driver: Allocator & ~Copyable>: ~Copyable {
  let allocator: Driver
  let operations: UnsafeRawPointer?
  let zpool: UnsafeMutableRawPointer?
  let client: UInt8

  @unsafe
  init(_ allocator: consuming Driver, _ operations: UnsafeRawPointer?, _ zpool: UnsafeMutableRawPointer?) {
    self.allocator = allocator
    // INVARIANT: the caller had them with `create`.
    unsafe self.operations = operations
    unsafe self.zpool = zpool
    client = UInt8(truncatingIfNeeded: (unsafe operations == nil ? APUS_CLIENT_PLAIN : APUS_CLIENT_EVICTING).rawValue)
  }
}

/// The calls that the macro's code makes. An allocator does not use them.
///
/// The contract of the zpool layer and its users, for all of them: `pool` is what `create` answered and `destroy` was not called for, and
/// nobody is in another call when `destroy` is; a handle is what `malloc` gave, and `free` was not called for it. (On kernels until 6.7 an
/// object that is being evicted may be mapped although somebody else has freed it meanwhile. `map` and `unmap` are C's: `apus_zpool_map`.)
public enum ZpoolAdapter<Driver: Allocator & ~Copyable> {
  /// `create`.
  @inline(__always) @unsafe
  public static func create(
    _ flags: UInt32, _ operations: UnsafeRawPointer?, _ zpool: UnsafeMutableRawPointer?
  ) -> UnsafeMutableRawPointer? {
    do throws(Errno) {
      let flags = AllocationFlags(kernelFlags: flags)
      // SAFETY: the contract above.
      let box = try unsafe HeapBox(PoolCore(try Driver(flags), operations, zpool), flags)
      return unsafe UnsafeMutableRawPointer(box.take())
    } catch {
      // C's answer has no place for the error.
      return nil
    }
  }

  @inline(__always) @unsafe
  private static func core(_ pool: UnsafeMutableRawPointer) -> UnsafeMutablePointer<PoolCore<Driver>> {
    // SAFETY: the contract above.
    unsafe pool.assumingMemoryBound(to: PoolCore<Driver>.self)
  }

  /// `destroy`.
  @inline(__always) @unsafe
  public static func destroy(_ pool: UnsafeMutableRawPointer) {
    // SAFETY: the contract above: it came from the box in `create`.
    let box = unsafe HeapBox(owning: core(pool))
    let left = box.value.allocator.objectCount
    if left != 0 { log(.error, "a pool is destroyed with \(left) objects in it") }
  }

  /// `malloc`.
  @inline(__always) @unsafe
  public static func allocate(
    _ pool: UnsafeMutableRawPointer, _ size: UInt, _ flags: UInt32, _ handle: UnsafeMutablePointer<UInt>
  ) -> Int32 {
    // A size beyond Int becomes a negative one, which the request refuses.
    Errno.result { () throws(Errno) in
      let request = try AllocationRequest(
        byteCount: Int(bitPattern: size), AllocationFlags(kernelFlags: flags), node: .any)
      // SAFETY: the contract above.
      let core = unsafe core(pool)
      unsafe handle.pointee = try core.pointee.allocator.slot(for: request, core.pointee.client).take()
    }
  }

  /// `free`.
  @inline(__always) @unsafe
  public static func free(_ pool: UnsafeMutableRawPointer, _ handle: UInt) {
    // SAFETY: the contract above.
    let slot = unsafe Slot(raw: handle)
    // SAFETY: an object has 16 bytes at least, and is the caller's until the next line.
    unsafe apus_compat_object_freed(slot.address)
    unsafe core(pool).pointee.allocator.free(slot)
  }

  /// `total_pages`.
  @inline(__always) @unsafe
  public static func pages(_ pool: UnsafeMutableRawPointer) -> UInt64 {
    // SAFETY: the contract above.
    unsafe UInt64(truncatingIfNeeded: core(pool).pointee.allocator.pageCount)
  }

  /// `total_size`.
  @inline(__always) @unsafe
  public static func bytes(_ pool: UnsafeMutableRawPointer) -> UInt64 {
    // SAFETY: the contract above.
    unsafe pages(pool) &<< UInt64(truncatingIfNeeded: pageShift)
  }

  /// The address of the allocator's table, which is a static variable and so never moves.
  @inline(__always) @unsafe
  public static func address(of table: UnsafeMutablePointer<DriverTable<Driver>>) -> UnsafePointer<DriverTable<Driver>>
  {
    // SAFETY: the same address, to read.
    unsafe UnsafePointer(table)
  }
}

extension ZpoolAdapter where Driver: EvictingAllocator & ~Copyable {
  /// `shrink`: as mm/zbud.c answers it.
  @inline(__always) @unsafe
  public static func shrink(
    _ pool: UnsafeMutableRawPointer, _ pages: UInt32, _ reclaimed: UnsafeMutablePointer<UInt32>?
  ) -> Int32 {
    // SAFETY: the contract above.
    let core = unsafe core(pool)
    var total: UInt32 = 0
    let result = Errno.result { () throws(Errno) in
      guard unsafe core.pointee.operations != nil, pages > 0 else { throw .invalidArgument }
      while total < pages {
        // SAFETY: as above; the evictor does not outlive the call.
        try unsafe core.pointee.allocator.evict(Evictor(core.pointee.operations, core.pointee.zpool))
        total &+= 1
      }
    }
    if let reclaimed = unsafe reclaimed { unsafe reclaimed.pointee = total }
    return result
  }
}
