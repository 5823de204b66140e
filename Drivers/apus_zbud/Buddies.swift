// SPDX-License-Identifier: GPL-2.0-only
// apus_zbud: two compressed pages in one page of memory, like the kernel's zbud (mm/zbud.c). Read
// this allocator first.

import Synchronization
import Zpool

/// A pool: slabs of one page, with an object at one end or at both ends.
///
/// Slabs are sorted by the room between their ends, in chunks of 64 bytes: list n has the slabs
/// with n chunks free, and list 0 those with two objects. An object goes into the slab where it
/// fits best, so an object of n chunks searches from list n on.
///
/// The header of a slab takes 80 bytes, and 64 bytes in C: the largest object has 3952 bytes, and
/// 3968 bytes in C.
@ZpoolDriver("apus_zbud")
struct Buddies: Allocator, ~Copyable {
  static var chunkShift: Int { 6 }
  static var chunkSize: Int { 1 &<< chunkShift }

  /// How many slabs `evict` tries, as in zbud.
  static var attempts: Int { 8 }

  let slabs: SpinLock<SlabLists>
  let pages = Atomic<Int>(0)

  init(_ flags: AllocationFlags) throws(Errno) {
    slabs = SpinLock(try SlabLists(count: 64, flags))
  }

  /// The list that a slab belongs to.
  @inline(__always)
  static func list(of slab: borrowing Slab) -> Int { slab.freeBytesBetweenEnds &>> chunkShift }

  func allocate(_ request: borrowing AllocationRequest) throws(Errno) -> Slot {
    let size = request.byteCount
    // Two objects must fit in a page, so one object leaves room for at least a chunk.
    guard size <= pageSize &- Slab.headerSize &- Buddies.chunkSize else { throw .noSpaceLeft }
    let chunks = (size &+ Buddies.chunkSize &- 1) &>> Buddies.chunkShift
    let found: Slot? = slabs.withLock { slabs in
      slabs.takeEnd(byteCount: size, fromList: chunks, sortedBy: Buddies.list)
    }
    if let found { return found }

    var slab = try Slab(pairIn: request.flags, node: request.node)
    guard let slot = slab.takeEnd(byteCount: size) else { throw .noSpaceLeft }
    pages.wrappingAdd(1, ordering: .relaxed)
    slabs.withLock(giving: slab) { slabs, slab in
      let list = Buddies.list(of: slab)
      slabs.insert(slab, inList: list)
    }
    return slot
  }

  @inline(__always)
  func free(_ slot: consuming Slot) {
    let spare = slabs.withLock(giving: slot) { slabs, slot in
      slabs.freeEnd(slot, sortedBy: Buddies.list)
    }
    if let spare { release(spare) }
  }

  /// Frees pages, outside of the lock.
  func release(_ spare: consuming SparePages) {
    pages.wrappingSubtract(spare.count, ordering: .relaxed)
  }

  func evict(_ evictor: borrowing Evictor) throws(Errno) {
    var attempt = 0
    while attempt < Buddies.attempts {
      guard let victim = slabs.withLock({ $0.popOldest() }) else {
        throw attempt == 0 ? .invalidArgument : .tryAgain
      }
      // An object that cannot be evicted stays, and so does its slab.
      do throws(Errno) { try victim.evictObjects(evictor) } catch {}
      let spare = slabs.withLock(giving: victim) { slabs, victim in
        slabs.finish(victim, sortedBy: Buddies.list)
      }
      if let spare {
        release(spare)
        return
      }
      attempt &+= 1
    }
    throw .tryAgain
  }

  var pageCount: Int { pages.load(ordering: .relaxed) }

  var objectCount: Int { slabs.withLock { $0.objectCount } }
}
