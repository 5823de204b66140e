// SPDX-License-Identifier: GPL-2.0-only
// What an allocator of compressed objects is.
// C header: include/linux/zpool.h, mm/zpool.c

public import Kernel

/// An allocator of objects that are written once, read back and freed: what zswap keeps compressed pages in.
///
/// All calls come from several CPUs at once, and each of them only borrows the allocator: what changes in it lies behind a lock or is
/// atomic. Objects never move, and are reached by their address.
///
/// Who calls, and where (mm/zswap.c of both kernels): `allocate` in the reclaim of memory, in process context, with flags that keep it
/// from reclaiming in turn; `free` also with somebody's spin lock held; neither from an interrupt. So locks are `TaskSpinLock`s, which are
/// not held while pages are allocated.
///
/// A `Slot` is made by a block, for the caller of `allocate`, who gives it back once. An allocator lends it to nobody else and keeps none.
public protocol Allocator: ~Copyable, Sendable {
  /// Makes an empty allocator. The corresponding C callback is `create`.
  ///
  /// Context: as the flags say.
  init(_ flags: AllocationFlags) throws(Errno)

  /// Makes an object of at least the wanted size. The corresponding C callback is `malloc`; its caller sees the very error.
  ///
  /// Throws: `noSpaceLeft` for a size that no block has room for (zswap counts it as badly compressible), `outOfMemory`.
  /// Context: as the request's flags say; process context.
  borrowing func allocate(_ request: borrowing AllocationRequest) throws(Errno) -> Slot

  /// Ends an object. The corresponding C callback is `free`.
  ///
  /// Context: a task, which may be holding a spin lock.
  borrowing func free(_ slot: consuming Slot)

  /// How many pages the allocator has. The corresponding C callbacks are `total_pages`, and `total_size` until 6.7.
  ///
  /// Context: any.
  var pageCount: Int { get }

  /// How many objects there are. If it is not 0 when the pool is destroyed, the log says so.
  var objectCount: Int { get }

  /// The name by which zpool knows the driver; written by `@ZpoolDriver`.
  static var zpoolName: Literal { get }

  /// The callbacks; written by `@ZpoolDriver`.
  @unsafe static var zpoolTable: UnsafePointer<DriverTable<Self>> { get }
}

/// An allocator that gives blocks back when it is asked to, by having their objects evicted: kernels until 6.7 ask.
public protocol EvictingAllocator: Allocator, ~Copyable {
  /// Has the objects of one block evicted, and frees the block. The corresponding C callback is `shrink`, for one page at least.
  ///
  /// No lock is held while the evictor works: it calls `free` for what it evicts, and sleeps.
  ///
  /// Throws: `invalidArgument` if there is no block; `tryAgain` if no block could be freed.
  /// Context: process context; may sleep.
  borrowing func evict(_ evictor: borrowing Evictor) throws(Errno)
}

/// What is asked of `allocate`.
public struct AllocationRequest: ~Copyable {
  /// The object's size in bytes, 1 at least.
  public let byteCount: Int

  /// How memory may be found.
  public let flags: AllocationFlags

  /// Where it should be.
  public let node: NUMANode

  /// Throws: `invalidArgument` for a size below 1, and for memory without a linear address.
  package init(byteCount: Int, _ flags: AllocationFlags, node: NUMANode) throws(Errno) {
    guard byteCount > 0, !flags.contains(.highMemory) else { throw .invalidArgument }
    self.byteCount = byteCount
    self.flags = flags
    self.node = node
  }
}

extension Allocator where Self: ~Copyable {
  /// What `allocate` gives, if it is as large as was asked for: whoever writes to it relies on
  /// that. And if no object of its block was given to the other kind of client: what zswap has
  /// evicted it must have written itself.
  @inline(__always)
  borrowing func slot(for request: borrowing AllocationRequest, _ client: UInt8) throws(Errno) -> Slot {
    let slot = try allocate(request)
    guard slot.capacity >= request.byteCount, slot.isFor(client) else {
      refuse(slot, request)
      throw .noSpaceLeft
    }
    return slot
  }

  /// Frees what is too small, or lies in a block of another kind of pool's.
  @inline(never)
  borrowing func refuse(_ slot: consuming Slot, _ request: borrowing AllocationRequest) {
    if slot.capacity < request.byteCount {
      log(.error, "an allocator gave \(slot.capacity) bytes for \(request.byteCount)")
    } else {
      log(.error, "an allocator gave an object of a block with objects of another pool")
    }
    free(slot)
  }
}
