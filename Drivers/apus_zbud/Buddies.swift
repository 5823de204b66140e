// SPDX-License-Identifier: GPL-2.0-only
// apus_zbud: two compressed pages in one page of memory, like the kernel's zbud (mm/zbud.c). Read
// this allocator first.

import Synchronization
import Zpool

/// A pool: blocks of one page, with an object at one end or at both ends.
///
/// Blocks are sorted by the room between their ends, in chunks of 64 bytes: list n has the blocks
/// with n chunks free, and list 0 those with two objects. An object goes into the block where it
/// fits best, so an object of n chunks searches from list n on.
///
/// The header of a block takes 80 bytes, and 64 bytes in C: the largest object has 3952 bytes, and
/// 3968 bytes in C.
@ZpoolDriver("apus_zbud")
struct Buddies: Allocator, ~Copyable {
  static var chunkShift: Int { 6 }
  static var chunkSize: Int { 1 &<< chunkShift }

  /// How many blocks `evict` tries, as in zbud.
  static var attempts: Int { 8 }

  let blocks: TaskSpinLock<BlockLists>
  let pages = Atomic<Int>(0)

  init(_ flags: AllocationFlags) throws(Errno) {
    blocks = TaskSpinLock(try BlockLists(count: 64, flags))
  }

  /// The list that a block belongs to.
  @inline(__always)
  static func list(of block: borrowing Block) -> Int { block.freeBytesBetweenEnds &>> chunkShift }

  func allocate(_ request: borrowing AllocationRequest) throws(Errno) -> Slot {
    let size = request.byteCount
    // Two objects must fit in a page, so one object leaves room for at least a chunk.
    guard size <= pageSize &- Block.headerSize &- Buddies.chunkSize else { throw .noSpaceLeft }
    let chunks = (size &+ Buddies.chunkSize &- 1) &>> Buddies.chunkShift
    let found: Slot? = blocks.withLock { blocks in
      blocks.takeEnd(byteCount: size, fromList: chunks, sortedBy: Buddies.list)
    }
    if let found { return found }

    var block = try Block(pairIn: request.flags, node: request.node)
    guard let slot = block.takeEnd(byteCount: size) else { throw .noSpaceLeft }
    pages.wrappingAdd(1, ordering: .relaxed)
    blocks.withLock(giving: block) { blocks, block in
      let list = Buddies.list(of: block)
      blocks.insert(block, inList: list)
    }
    return slot
  }

  @inline(__always)
  func free(_ slot: consuming Slot) {
    let spare = blocks.withLock(giving: slot) { blocks, slot in blocks.freeEnd(slot, sortedBy: Buddies.list) }
    if let spare { release(spare) }
  }

  /// Frees pages, outside of the lock.
  func release(_ spare: consuming SparePages) { pages.wrappingSubtract(spare.count, ordering: .relaxed) }

  func evict(_ evictor: borrowing Evictor) throws(Errno) {
    var attempt = 0
    while attempt < Buddies.attempts {
      guard let victim = blocks.withLock({ $0.popOldest() }) else {
        throw attempt == 0 ? .invalidArgument : .tryAgain
      }
      // An object that cannot be evicted stays, and so does its block.
      do throws(Errno) { try victim.evictObjects(evictor) } catch {}
      let spare = blocks.withLock(giving: victim) { blocks, victim in blocks.finish(victim, sortedBy: Buddies.list) }
      if let spare {
        release(spare)
        return
      }
      attempt &+= 1
    }
    throw .tryAgain
  }

  var pageCount: Int { pages.load(ordering: .relaxed) }

  var objectCount: Int { blocks.withLock { $0.objectCount } }
}
