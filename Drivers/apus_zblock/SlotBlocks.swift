// SPDX-License-Identifier: GPL-2.0-only
// apus_zblock: compressed pages in slots of the same size, in blocks of one to eight pages.

import Synchronization
import Zpool

/// The blocks of one class, with a lock of their own.
///
/// The blocks are sorted by how full they are: list 0 has the full blocks, and lists 1 to 4 the
/// others, the fullest first. Objects go into the fullest block, so that the other blocks become
/// empty and are freed. Once there are many free slots, single pages without an object are freed
/// too.
struct ClassBlocks: ~Copyable, Sendable {
  static var lists: Int { 5 }

  /// There are many free slots when, beyond those of one block, there is more than one for this
  /// many objects. Fewer free slots are soon filled again, and pages that were freed would then be
  /// missing.
  static var sparsePart: Int { 32 }

  let blocks: TaskSpinLock<BlockLists>
  let kind: SizeClass
  let scale: Scale
  /// The slots of a block, times `sparsePart`.
  let margin: Int

  init(_ kind: SizeClass, _ flags: AllocationFlags) throws(Errno) {
    self.kind = kind
    scale = Scale(kind)
    margin = kind.slotCount &* ClassBlocks.sparsePart
    blocks = TaskSpinLock(try BlockLists(count: ClassBlocks.lists, flags))
  }

  /// Computes the list of a block of a class: how full the block is, in quarters. A precomputed
  /// factor replaces the division.
  struct Scale {
    /// 4 * 2^16 divided by the slots of a block plus 1, rounded up.
    private let quarters: UInt32

    init(_ kind: SizeClass) {
      quarters = UInt32(truncatingIfNeeded: (4 &<< 16 &+ kind.slotCount) / max(kind.slotCount &+ 1, 1))
    }

    /// 0 for a block without a free slot, at most 4.
    @inline(__always)
    func list(of block: borrowing Block) -> Int {
      let free = UInt32(truncatingIfNeeded: block.freeSlotCount)
      return Int((free &* quarters &+ 0xFFFF) &>> 16)
    }
  }

  /// Takes a slot of an existing block, or returns nil.
  @inline(__always)
  borrowing func takeSlot() -> Slot? {
    blocks.withLock { blocks in
      blocks.takeSlot(fromList: 1, sortedBy: { scale.list(of: $0) })
    }
  }

  /// Frees an object. Returns the pages, if any, that the caller must free after it releases the
  /// lock.
  @inline(__always)
  borrowing func free(_ slot: consuming Slot) -> SparePages? {
    blocks.withLock(giving: slot) { blocks, slot in
      blocks.free(
        slot,
        // This is (free - slots of a block) * 32 > objects, with `free` added to both sides,
        // because the sum of free slots and objects is at hand.
        sparing: { free, objects in free &* (ClassBlocks.sparsePart &+ 1) &- margin > free &+ objects },
        sortedBy: { scale.list(of: $0) })
    }
  }
}

/// A pool.
@ZpoolDriver("apus_zblock")
struct SlotBlocks: Allocator, ~Copyable {
  /// How many blocks `evict` tries.
  static var attempts: Int { 8 }

  let sizes: SizeClasses
  let classes: RigidArray<ClassBlocks>
  let pages = Atomic<Int>(0)
  /// The class from which the next block is evicted.
  let turn = Atomic<Int>(0)

  init(_ flags: AllocationFlags) throws(Errno) {
    let sizes = try SizeClasses(flags)
    var classes = try RigidArray<ClassBlocks>(capacity: sizes.classes.count, flags)
    var index = 0
    while let kind = sizes.classes.withElement(at: index, { $0 }) {
      try classes.append(try ClassBlocks(kind, flags))
      index &+= 1
    }
    self.sizes = sizes
    self.classes = classes
  }

  func allocate(_ request: borrowing AllocationRequest) throws(Errno) -> Slot {
    let size = request.byteCount
    guard let index = sizes.index(for: size) else { throw .noSpaceLeft }
    do throws(Errno) {
      return try allocate(fromClass: index, request)
    } catch {
      // Several contiguous pages are scarce when memory is scarce; one page is easier to allocate.
      guard error == .outOfMemory, let single = sizes.singleIndex(for: size), single != index else { throw error }
      return try allocate(fromClass: single, request)
    }
  }

  @inline(__always)
  func allocate(fromClass index: Int, _ request: borrowing AllocationRequest) throws(Errno) -> Slot {
    let found: Slot?? = try classes.withElement(at: index) { (part: borrowing ClassBlocks) throws(Errno) -> Slot? in
      if let slot = part.takeSlot() { return slot }
      let kind = part.kind
      var block = try Block(
        pages: kind.pages, slotSize: kind.slotSize, tag: UInt8(truncatingIfNeeded: index), request.flags,
        node: request.node)
      guard let slot = block.takeSlot() else { return nil }
      pages.wrappingAdd(part.kind.pages, ordering: .relaxed)
      part.blocks.withLock(giving: block) { blocks, block in
        let list = part.scale.list(of: block)
        blocks.insert(block, inList: list)
      }
      return slot
    }
    guard let found, let slot = found else { throw .noSpaceLeft }
    return slot
  }

  @inline(__always)
  func free(_ slot: consuming Slot) {
    let tag = slot.tag
    var slot = Optional(slot)
    let spare: SparePages?? = classes.withElement(at: tag) { part in
      guard let slot = slot.take() else { return nil }
      return part.free(slot)
    }
    if let spare, let pages = spare { release(pages) }
  }

  /// Frees pages, outside of the lock.
  func release(_ spare: consuming SparePages) { pages.wrappingSubtract(spare.count, ordering: .relaxed) }

  func evict(_ evictor: borrowing Evictor) throws(Errno) {
    var attempt = 0
    var asked = 0
    while attempt < SlotBlocks.attempts, asked < classes.count {
      // The classes take turns: finding the oldest object of all classes would need a lock that all
      // share.
      let index = turn.wrappingAdd(1, ordering: .relaxed).oldValue & Int.max
      asked &+= 1
      let freed: Bool?? = classes.withElement(at: index % max(classes.count, 1)) { part in evictOne(part, evictor) }
      guard let freed, let freed else { continue }
      if freed { return }
      attempt &+= 1
    }
    throw attempt == 0 ? .invalidArgument : .tryAgain
  }

  /// Evicts the objects of the oldest block of a class. Returns whether the block was freed, or nil
  /// if there is no block.
  func evictOne(_ part: borrowing ClassBlocks, _ evictor: borrowing Evictor) -> Bool? {
    guard let victim = part.blocks.withLock({ $0.popOldest() }) else { return nil }
    // An object that cannot be evicted stays, and so does its block.
    do throws(Errno) { try victim.evictObjects(evictor) } catch {}
    let spare = part.blocks.withLock(giving: victim) { blocks, victim in
      blocks.finish(victim, sortedBy: { part.scale.list(of: $0) })
    }
    guard let spare else { return false }
    release(spare)
    return true
  }

  var pageCount: Int { pages.load(ordering: .relaxed) }

  var objectCount: Int {
    var count = 0
    classes.forEach { part in count &+= part.blocks.withLock { $0.objectCount } }
    return count
  }
}
