// SPDX-License-Identifier: GPL-2.0-only
// The protocol of an allocator of compressed objects.
// C header: include/linux/zpool.h, mm/zpool.c

public import Kernel

/// An allocator of objects that are written once, read back and freed. zswap keeps compressed pages
/// in such objects.
///
/// Several CPUs call an allocator concurrently, and each call only borrows it. State that changes
/// is behind a lock or atomic. Objects never move and are accessed by their address.
///
/// Callers and their contexts (mm/zswap.c of both kernels): zswap calls `allocate` during memory
/// reclaim, in process context, with flags that prevent nested reclaim. It may call `free` with one
/// of its spin locks held. It calls neither from an interrupt. So an allocator's locks are
/// `SpinLock`s, and an allocator does not hold them while it allocates pages.
///
/// A slab makes a `Slot` for the caller of `allocate`, which passes it to `free` once. An
/// allocator does not keep a slot and does not pass it to other code.
public protocol Allocator: ~Copyable, Sendable {
  /// Makes an empty allocator. The corresponding C callback is `create`.
  ///
  /// Context: as the flags say.
  init(_ flags: AllocationFlags) throws(Errno)

  /// Makes an object of at least the requested size.
  ///
  /// The corresponding C callback is `malloc`, whose caller gets the error unchanged.
  ///
  /// Throws: `noSpaceLeft` for a size that fits in no slab (zswap counts such a page as badly
  /// compressible); `outOfMemory`.
  /// Context: as the request's flags say; process context.
  borrowing func allocate(_ request: borrowing AllocationRequest) throws(Errno) -> Slot

  /// Frees an object. The corresponding C callback is `free`.
  ///
  /// Context: process context; the caller may hold a spin lock.
  borrowing func free(_ slot: consuming Slot)

  /// The number of pages that the allocator has.
  ///
  /// The corresponding C callbacks are `total_pages`, and `total_size` until 6.7.
  ///
  /// Context: any.
  var pageCount: Int { get }

  /// The number of objects.
  ///
  /// If it is not 0 when the pool is destroyed, a message goes to the kernel log.
  var objectCount: Int { get }

  /// The driver's name in zpool; written by `@ZpoolDriver`.
  static var zpoolName: StaticCString { get }

  /// The callbacks; written by `@ZpoolDriver`.
  @unsafe static var zpoolTable: UnsafePointer<DriverTable<Self>> { get }
}

/// An allocator that frees slabs on request, by having their objects evicted.
///
/// Kernels until 6.7 make such requests.
public protocol EvictingAllocator: Allocator, ~Copyable {
  /// Has the objects of one slab evicted, and frees the slab.
  ///
  /// The corresponding C callback is `shrink`, which asks for at least one page.
  ///
  /// The allocator holds no lock while the evictor works, because the evictor calls `free` for the
  /// objects that it evicts, and sleeps.
  ///
  /// Throws: `invalidArgument` if there is no slab; `tryAgain` if no slab could be freed.
  /// Context: process context; may sleep.
  borrowing func evict(_ evictor: borrowing Evictor) throws(Errno)
}

/// A request for an object, the argument of `allocate`.
public struct AllocationRequest: ~Copyable {
  /// The object's size in bytes, at least 1.
  public let byteCount: Int

  /// The allocation flags.
  public let flags: AllocationFlags

  /// The preferred NUMA node.
  public let node: NUMANode

  /// Throws: `invalidArgument` for a size below 1, and for flags that allow memory without a linear
  /// address.
  package init(byteCount: Int, _ flags: AllocationFlags, node: NUMANode) throws(Errno) {
    guard byteCount > 0, !flags.contains(.highMemory) else { throw .invalidArgument }
    self.byteCount = byteCount
    self.flags = flags
    self.node = node
  }
}

extension Allocator where Self: ~Copyable {
  /// Calls `allocate` and checks the slot.
  ///
  /// The slot must be as large as requested, because the client relies on that when it writes to
  /// it. No object of its slab may have been given to the other kind of client, because zswap may
  /// be asked to evict only objects that it has written itself.
  @inline(__always)
  borrowing func slot(for request: borrowing AllocationRequest, _ client: UInt8) throws(Errno)
    -> Slot
  {
    let slot = try allocate(request)
    guard slot.capacity >= request.byteCount, slot.isFor(client) else {
      refuse(slot, request)
      throw .noSpaceLeft
    }
    return slot
  }

  /// Frees a slot that is too small, or that is in a slab of the other kind of client.
  @inline(never)
  borrowing func refuse(_ slot: consuming Slot, _ request: borrowing AllocationRequest) {
    if slot.capacity < request.byteCount {
      log(.error, "an allocator gave \(slot.capacity) bytes for \(request.byteCount)")
    } else {
      log(.error, "an allocator gave an object of a slab with objects of another pool")
    }
    free(slot)
  }
}
