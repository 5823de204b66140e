// SPDX-License-Identifier: GPL-2.0-only
// apus_zblock: compressed pages in slots of the same size, in slabs of one to eight pages.

import Synchronization
import Zpool

/// The slabs of one class, with a lock of their own.
///
/// The slabs are sorted by how full they are: list 0 has the full slabs, and lists 1 to 4 the
/// others, the fullest first. Objects go into the fullest slab, so that the other slabs become
/// empty and are freed. Once there are many free slots, single pages without an object are freed
/// too.
struct ClassSlabs: ~Copyable, Sendable {
  static var lists: Int { 5 }

  /// There are many free slots when, beyond those of one slab, there is more than one for this
  /// many objects. Fewer free slots are soon filled again, and pages that were freed would then be
  /// missing.
  static var sparsePart: Int { 32 }

  let slabs: SpinLock<SlabLists>
  let kind: SizeClass
  let scale: Scale
  /// The slots of a slab, times `sparsePart`.
  let margin: Int

  init(_ kind: SizeClass, _ flags: AllocationFlags) throws(Errno) {
    self.kind = kind
    scale = Scale(kind)
    margin = kind.slotCount &* ClassSlabs.sparsePart
    slabs = SpinLock(try SlabLists(count: ClassSlabs.lists, flags))
  }

  /// Computes the list of a slab of a class: how full the slab is, in quarters. A precomputed
  /// factor replaces the division.
  struct Scale {
    /// 4 * 2^16 divided by the slots of a slab plus 1, rounded up.
    private let quarters: UInt32

    init(_ kind: SizeClass) {
      quarters = UInt32(
        truncatingIfNeeded: (4 &<< 16 &+ kind.slotCount) / max(kind.slotCount &+ 1, 1))
    }

    /// 0 for a slab without a free slot, at most 4.
    @inline(__always)
    func list(of slab: borrowing Slab) -> Int {
      let free = UInt32(truncatingIfNeeded: slab.freeSlotCount)
      return Int((free &* quarters &+ 0xFFFF) &>> 16)
    }
  }

  /// Takes a slot of an existing slab, or returns nil.
  @inline(__always)
  borrowing func takeSlot() -> Slot? {
    slabs.withLock { slabs in
      slabs.takeSlot(fromList: 1, sortedBy: { scale.list(of: $0) })
    }
  }

  /// Frees an object. Returns the pages, if any, that the caller must free after it releases the
  /// lock.
  @inline(__always)
  borrowing func free(_ slot: consuming Slot) -> SparePages? {
    slabs.withLock(giving: slot) { slabs, slot in
      slabs.free(
        slot,
        // This is (free - slots of a slab) * 32 > objects, with `free` added to both sides,
        // because the sum of free slots and objects is at hand.
        sparing: { free, objects in free &* (ClassSlabs.sparsePart &+ 1) &- margin > free &+ objects
        },
        sortedBy: { scale.list(of: $0) })
    }
  }
}

/// A pool.
@ZpoolDriver("apus_zblock")
struct SlotSlabs: Allocator, ~Copyable {
  /// How many slabs `evict` tries.
  static var attempts: Int { 8 }

  let sizes: SizeClasses
  let classes: RigidArray<ClassSlabs>
  let pages = Atomic<Int>(0)
  /// The class from which the next slab is evicted.
  let turn = Atomic<Int>(0)

  init(_ flags: AllocationFlags) throws(Errno) {
    let sizes = try SizeClasses(flags)
    var classes = try RigidArray<ClassSlabs>(capacity: sizes.classes.count, flags)
    var index = 0
    while let kind = sizes.classes.withElement(at: index, { $0 }) {
      try classes.append(try ClassSlabs(kind, flags))
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
      guard error == .outOfMemory, let single = sizes.singleIndex(for: size), single != index else {
        throw error
      }
      return try allocate(fromClass: single, request)
    }
  }

  @inline(__always)
  func allocate(fromClass index: Int, _ request: borrowing AllocationRequest) throws(Errno) -> Slot
  {
    let found: Slot?? = try classes.withElement(at: index) {
      (part: borrowing ClassSlabs) throws(Errno) -> Slot? in
      if let slot = part.takeSlot() { return slot }
      let kind = part.kind
      var slab = try Slab(
        pages: kind.pages, slotSize: kind.slotSize, tag: UInt8(truncatingIfNeeded: index),
        request.flags,
        node: request.node)
      guard let slot = slab.takeSlot() else { return nil }
      pages.wrappingAdd(part.kind.pages, ordering: .relaxed)
      part.slabs.withLock(giving: slab) { slabs, slab in
        let list = part.scale.list(of: slab)
        slabs.insert(slab, inList: list)
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
  func release(_ spare: consuming SparePages) {
    pages.wrappingSubtract(spare.count, ordering: .relaxed)
  }

  func evict(_ evictor: borrowing Evictor) throws(Errno) {
    var attempt = 0
    var asked = 0
    while attempt < SlotSlabs.attempts, asked < classes.count {
      // The classes take turns: finding the oldest object of all classes would need a lock that all
      // share.
      let index = turn.wrappingAdd(1, ordering: .relaxed).oldValue & Int.max
      asked &+= 1
      let freed: Bool?? = classes.withElement(at: index % max(classes.count, 1)) { part in
        evictOne(part, evictor)
      }
      guard let freed, let freed else { continue }
      if freed { return }
      attempt &+= 1
    }
    throw attempt == 0 ? .invalidArgument : .tryAgain
  }

  /// Evicts the objects of the oldest slab of a class. Returns whether the slab was freed, or nil
  /// if there is no slab.
  func evictOne(_ part: borrowing ClassSlabs, _ evictor: borrowing Evictor) -> Bool? {
    guard let victim = part.slabs.withLock({ $0.popOldest() }) else { return nil }
    // An object that cannot be evicted stays, and so does its slab.
    do throws(Errno) { try victim.evictObjects(evictor) } catch {}
    let spare = part.slabs.withLock(giving: victim) { slabs, victim in
      slabs.finish(victim, sortedBy: { part.scale.list(of: $0) })
    }
    guard let spare else { return false }
    release(spare)
    return true
  }

  var pageCount: Int { pages.load(ordering: .relaxed) }

  var objectCount: Int {
    var count = 0
    classes.forEach { part in count &+= part.slabs.withLock { $0.objectCount } }
    return count
  }
}
