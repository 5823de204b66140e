// SPDX-License-Identifier: GPL-2.0-only
// The slabs of an allocator, sorted into lists.
// C header: include/linux/list.h

internal import CKernel
public import Kernel

/// Slabs with objects, owned, in up to 64 lists.
///
/// The first list that is not empty is found in constant time. The lists also record the order of
/// the slabs' age.
///
/// An allocator keeps the lists under its lock, together with the other state that the lock
/// protects. When the lists end, slabs that still have objects are not freed, because other code
/// may have slots of them. Their memory is leaked, as in the kernel's own allocators.
/// `ZpoolAdapter` reports it.
///
/// Invariant: `heads` is an array with the first slab of each list, and `filled` has a bit for
/// each list that is not empty. The owner in a slab's header tells the state of the slab. (The
/// address of `heads` is a multiple of 8, so the two tags fit in its low bits.)
/// - The address of `heads`, with `ends` if the slab has ends instead of slots: the slab is in
///   one of the lists, and in the order of age.
/// - The same, with `evicted`: the slab's objects are being evicted. The slab is in no list, and
///   other code does not free it.
/// - Any other value: the slab does not belong to these lists.
///
/// `evictedCount` is the number of slabs that are being evicted. While it is not 0, `heads` is not
/// freed, so no other lists can have the same address. `slotCount` is the number of slots that are
/// not gone, and `freeSlotCount` the number of free ones among them. Both include the slabs that
/// are being evicted.
@safe
public struct SlabLists: ~Copyable, @unchecked Sendable {
  private let heads: UnsafeMutablePointer<UnsafeMutablePointer<SlabHeader>?>
  /// The number of the last list. It is one less than a power of two.
  private let last: Int
  private var filled: UInt64 = 0
  private var oldest: UnsafeMutablePointer<SlabHeader>?
  private var newest: UnsafeMutablePointer<SlabHeader>?

  private var slotCount = 0

  private var evictedCount = 0

  /// The number of free slots of the slabs.
  public private(set) var freeSlotCount = 0

  /// The number of objects in the slabs.
  public var objectCount: Int { slotCount &- freeSlotCount }

  /// Makes empty lists. Their number is rounded up to a power of two.
  ///
  /// Throws: `invalidArgument` unless `count` is 1 to 64; `outOfMemory`.
  /// Context: as the flags say.
  public init(count: Int, _ flags: AllocationFlags) throws(Errno) {
    guard count >= 1, count <= 64 else { throw .invalidArgument }
    let last = (1 &<< (Int.bitWidth &- (count &- 1).leadingZeroBitCount)) &- 1
    guard
      // SAFETY: any size and flags are valid arguments.
      let memory = unsafe apus_kmalloc_node(
        (last &+ 1) &* MemoryLayout<UInt>.size, (flags | .zeroed).rawValue, NUMANode.any.rawValue)
    else { throw .outOfMemory }
    // INVARIANT: the memory was just allocated, and zeroes are null pointers.
    unsafe heads = memory.bindMemory(
      to: UnsafeMutablePointer<SlabHeader>?.self, capacity: last &+ 1)
    self.last = last
    pairIdentity = UInt(bitPattern: memory) | SlabLists.ends
    unsafe oldest = nil
    unsafe newest = nil
  }

  deinit {
    // SAFETY: from `oldest` on, `newer` leads through the slabs of these lists, which the lists
    // own. `heads` is from kmalloc.
    var next = unsafe oldest
    while let slab = unsafe next {
      unsafe next = slab.pointee.newer
      // SAFETY: as above; a slab that still has objects has no owner from here on.
      unsafe slab.pointee.owner = 0
      if unsafe slab.pointee.used == 0 { unsafe Slab.free(slab) }
    }
    guard evictedCount == 0 else {
      log(.error, "lists end while \(evictedCount) of their slabs are evicted, or are lost")
      return
    }
    unsafe apus_kfree(heads)
  }

  /// The owner of a slab with slots that is in these lists.
  private var identity: UInt { unsafe UInt(bitPattern: heads) }

  /// The tag in the owner of a page with an object at either end.
  private static var ends: UInt { 2 }

  /// The owner of such a page that is in these lists: `identity` with `ends`.
  private let pairIdentity: UInt

  /// The tag in the owner of a slab whose objects are being evicted.
  private static var evicted: UInt { 1 }

  private func identity(_ isPair: Bool) -> UInt { isPair ? pairIdentity : identity }

  /// Removes the newest slab of the first list from `first` on that is not empty, and returns it.
  ///
  /// Returns nil if all these lists are empty.
  ///
  /// Complexity: constant.
  @inline(__always)
  public mutating func popFirst(fromList first: Int) -> Slab? {
    guard first >= 0, first <= last else { return nil }
    let lists = filled &>> UInt64(truncatingIfNeeded: first)
    guard lists != 0 else { return nil }
    // SAFETY: the type's invariant: that list exists and is not empty.
    guard let slab = unsafe heads[first &+ lists.trailingZeroBitCount] else { return nil }
    unsafe unlink(slab)
    unsafe unlinkAge(slab)
    unsafe slab.pointee.owner = 0
    let free = unsafe Int(slab.pointee.free)
    unsafe slotCount &-= slab.pointee.used.nonzeroBitCount &+ free
    freeSlotCount &-= free
    return unsafe Slab(owning: slab)
  }

  /// Takes a slot for an object in the newest slab of the first list from `first` on that is not
  /// empty, and moves the slab to the list that `sort` returns.
  ///
  /// Returns nil if all these lists are empty, or if the slab has no free slot.
  ///
  /// Complexity: constant.
  @inline(__always)
  public mutating func takeSlot(fromList first: Int, sortedBy sort: (borrowing Slab) -> Int)
    -> Slot?
  {
    // SAFETY: `use` owns the slab for that call.
    unsafe use(first, sort) { $0.takeSlot() }
  }

  /// Takes the free end of the newest slab of the first list from `first` on that is not empty,
  /// for an object of this size, and moves the slab to the list that `sort` returns.
  ///
  /// Returns nil if all these lists are empty, or if the object does not fit in the slab.
  ///
  /// Complexity: constant.
  @inline(__always)
  public mutating func takeEnd(
    byteCount: Int, fromList first: Int, sortedBy sort: (borrowing Slab) -> Int
  ) -> Slot? {
    // SAFETY: `use` owns the slab for that call.
    unsafe use(first, sort) { $0.takeEnd(byteCount: byteCount) }
  }

  /// Lends the newest slab of the first list that is not empty to `body`, which takes one slot or
  /// returns nil, and then sorts the slab.
  @unsafe @inline(__always)
  private mutating func use(
    _ first: Int, _ sort: (borrowing Slab) -> Int, _ body: (inout Slab) -> Slot?
  ) -> Slot? {
    guard first >= 0, first <= last else { return nil }
    let lists = filled &>> UInt64(truncatingIfNeeded: first)
    guard lists != 0 else { return nil }
    // SAFETY: the type's invariant: that list exists and is not empty.
    guard let slab = unsafe heads[first &+ lists.trailingZeroBitCount] else { return nil }
    // SAFETY: the slab is lent for this call, and the call does not end it.
    var lent = unsafe Slab(owning: slab)
    let slot = body(&lent)
    let list = existing(sort(lent))
    _ = unsafe lent.take()
    guard let slot else { return nil }
    freeSlotCount &-= 1
    if unsafe UInt8(truncatingIfNeeded: list) != slab.pointee.list {
      unsafe unlink(slab)
      unsafe link(slab, list)
    }
    if unsafe slab != newest {
      unsafe unlinkAge(slab)
      unsafe linkAge(slab)
    }
    return slot
  }

  /// Inserts a slab into a list, as the newest.
  ///
  /// The list's number is taken modulo the number of lists.
  @inline(__always)
  public mutating func insert(_ slab: consuming Slab, inList list: Int) {
    // SAFETY: these lists own the slab from here on.
    let slab = unsafe slab.take()
    unsafe slab.pointee.owner = identity(slab.pointee.slotSize == 0)
    let free = unsafe Int(slab.pointee.free)
    unsafe slotCount &+= slab.pointee.used.nonzeroBitCount &+ free
    freeSlotCount &+= free
    unsafe link(slab, existing(list))
    unsafe linkAge(slab)
  }

  /// Frees the object in a slot, and moves its slab to the list that `sort` returns.
  ///
  /// Returns pages that the caller frees after it has released the lock: the pages of the slab if
  /// it has no object left, pages that `sparing` allows to give up, or nil.
  ///
  /// - Parameter sparing: whether to give up the pages that the object was on and no other object
  ///   is on. Slots on these pages are not used again as long as the slab exists, so this is for
  ///   the case that there are many more free slots than needed soon. The arguments are the number
  ///   of free slots and the number of objects.
  ///
  /// Complexity: constant, because a slab has at most 8 pages.
  @inline(__always)
  public mutating func free(
    _ slot: consuming Slot,
    sparing: (_ freeSlotCount: Int, _ objectCount: Int) -> Bool = { _, _ in false },
    sortedBy sort: (borrowing Slab) -> Int
  ) -> SparePages? {
    // SAFETY: the slot's invariant. The owner does not change while the slab has objects and is in
    // lists.
    let slab = unsafe slot.slab
    let index = unsafe slot.index(in: slab)
    let position = UInt64(truncatingIfNeeded: index)
    let bit: UInt64 = 1 &<< position
    let used = unsafe slab.pointee.used
    let left = used ^ bit
    // The bits of the slot before this one, of this one and of the one after it. The bit before the
    // first slot is set, because the first page is never given up.
    let beside = (used &<< 1 | 1) &>> position
    guard left & bit == 0 else {
      SlabLists.complain()
      return nil
    }
    let difference = unsafe slab.pointee.owner ^ identity
    guard difference == 0 else {
      if unsafe SlabLists.freeEvicted(slab, bit, difference) { freeSlotCount &+= 1 }
      return nil
    }
    unsafe clear(slab, leaving: left)
    if left == 0 { return unsafe unlinkAndGive(slab) }
    // If both neighbours are used, no whole page between them is free, unless slots are as large as
    // a page. Most frees stop here.
    let mayHave =
      unsafe UInt8(truncatingIfNeeded: beside) & SlabLayout.besideMask != slab.pointee.neighbours
    let spare =
      mayHave && sparing(freeSlotCount, objectCount) ? unsafe giveUp(slab, around: index) : nil
    unsafe relink(slab, sort)
    return spare
  }

  /// Frees the object at an end, and moves its page to the list that `sort` returns.
  ///
  /// Returns the page, which the caller frees after it has released the lock, if it has no object
  /// left, or nil.
  ///
  /// Complexity: constant.
  @inline(__always)
  public mutating func freeEnd(_ slot: consuming Slot, sortedBy sort: (borrowing Slab) -> Int)
    -> SparePages?
  {
    // SAFETY: as above.
    let slab = unsafe slot.slab
    let bit = slot.endBit
    let left = unsafe slab.pointee.used ^ bit
    let difference = unsafe slab.pointee.owner ^ pairIdentity
    guard UInt64(difference) | left & bit == 0 else {
      if unsafe SlabLists.freeEvicted(slab, bit, difference) { freeSlotCount &+= 1 }
      return nil
    }
    unsafe clear(slab, leaving: left)
    if left == 0 { return unsafe unlinkAndGive(slab) }
    unsafe slab.pointee.room = SlabLayout.room(in: slab, beside: left)
    unsafe relink(slab, sort)
    return nil
  }

  /// Marks a slot as free.
  @unsafe @inline(__always)
  private mutating func clear(_ slab: UnsafeMutablePointer<SlabHeader>, leaving used: UInt64) {
    // SAFETY: the type's invariant; the slab is in these lists, and one slot less is used.
    unsafe slab.pointee.used = used
    unsafe slab.pointee.free &+= 1
    freeSlotCount &+= 1
  }

  /// Gives up those pages of a slot that hold no object.
  @unsafe @inline(__always)
  private mutating func giveUp(_ slab: UnsafeMutablePointer<SlabHeader>, around index: Int)
    -> SparePages?
  {
    // SAFETY: the type's invariant; the slab is in the lists, and the slot is in the slab.
    let free = unsafe slab.pointee.free
    let spare = unsafe SlabLists.thin(slab, around: index)
    let lost = unsafe Int(free &- slab.pointee.free)
    slotCount &-= lost
    freeSlotCount &-= lost
    return spare
  }

  /// Moves a slab to the list that `sort` returns.
  @unsafe @inline(__always)
  private mutating func relink(
    _ slab: UnsafeMutablePointer<SlabHeader>, _ sort: (borrowing Slab) -> Int
  ) {
    // SAFETY: the type's invariant; the slab is in the lists.
    let list = unsafe place(of: slab, sort)
    if unsafe UInt8(truncatingIfNeeded: list) != slab.pointee.list {
      unsafe unlink(slab)
      unsafe link(slab, list)
    }
  }

  /// Frees an object of a slab that is being evicted, and returns whether it did.
  ///
  /// `finish` then handles the objects that are left. In any other state the slab does not belong
  /// to these lists or has no such object, which is logged.
  ///
  /// - Parameter difference: the bits in which the slab's owner differs from its value while the
  ///   slab is in the lists.
  ///
  /// Out of line, to keep the hot path's stack frame small.
  @unsafe @inline(never)
  private static func freeEvicted(
    _ slab: UnsafeMutablePointer<SlabHeader>, _ bit: UInt64, _ difference: UInt
  ) -> Bool {
    // SAFETY: it is the slab of a slot. Its owner does not change while it has objects, and the
    // caller has the lists that own it.
    let used = unsafe slab.pointee.used
    guard difference == SlabLists.evicted, used & bit != 0 else {
      complain()
      return false
    }
    unsafe slab.pointee.used = used & ~bit
    unsafe slab.pointee.free &+= 1
    if unsafe slab.pointee.slotSize == 0, used != bit {
      unsafe slab.pointee.room = SlabLayout.room(in: slab, beside: used & ~bit)
    }
    return true
  }

  @inline(never)
  private static func complain() { log(.error, "an object is freed that is not there") }

  /// Removes a slab without objects from the lists, and gives it up.
  @unsafe @inline(__always)
  private mutating func unlinkAndGive(_ slab: UnsafeMutablePointer<SlabHeader>) -> SparePages {
    // SAFETY: the type's invariant; the slab is in the lists.
    unsafe unlink(slab)
    unsafe unlinkAge(slab)
    return unsafe give(slab)
  }

  /// Gives up a slab without objects that is in no list any more.
  @unsafe @inline(__always)
  private mutating func give(_ slab: UnsafeMutablePointer<SlabHeader>) -> SparePages {
    // SAFETY: the caller owns the slab, and no slot of it exists.
    let free = unsafe Int(slab.pointee.free)
    slotCount &-= free
    freeSlotCount &-= free
    return unsafe SparePages(slab.pointee.present, of: slab)
  }

  /// Gives up those pages of a slot that hold no object.
  ///
  /// Returns nil if there are none. The first page of a slab, which has the header, is never given
  /// up.
  @unsafe
  private static func thin(_ slab: UnsafeMutablePointer<SlabHeader>, around index: Int)
    -> SparePages?
  {
    // SAFETY: the caller owns the slab, which has slots and had an object in this one.
    let (used, present, slotSize) = unsafe (
      slab.pointee.used, slab.pointee.present, Int(slab.pointee.slotSize)
    )
    let start = unsafe SlabLayout.offset(of: index, in: slab)
    let last = (start &+ slotSize &- 1) &>> pageShift
    var gone = unsafe slab.pointee.gone
    var spare: UInt8 = 0
    var page = max(start &>> pageShift, 1)
    while page <= last {
      let bit: UInt8 = 1 &<< UInt8(truncatingIfNeeded: page)
      let slots = unsafe SlabLayout.slots(on: page, of: slab)
      if present & bit != 0, used & slots == 0 {
        spare |= bit
        gone |= slots
      }
      page &+= 1
    }
    guard spare != 0 else { return nil }
    let free = unsafe Int(slab.pointee.slots) &- (used | gone).nonzeroBitCount
    unsafe slab.pointee.free = UInt32(truncatingIfNeeded: free)
    unsafe slab.pointee.gone = gone
    unsafe slab.pointee.present = present & ~spare
    // INVARIANT: no slot on these pages is used or will be, and the pages no longer belong to the
    // slab.
    return unsafe SparePages(spare, of: slab)
  }

  /// Removes the oldest slab so that its objects can be evicted, and returns it, or nil if there
  /// is none.
  public mutating func popOldest() -> EvictedSlab? {
    // SAFETY: `oldest` is nil, or a slab that is in one of these lists and in the order of age.
    guard let slab = unsafe oldest else { return nil }
    unsafe unlink(slab)
    unsafe unlinkAge(slab)
    unsafe slab.pointee.owner |= SlabLists.evicted
    evictedCount &+= 1
    return unsafe EvictedSlab(slab)
  }

  /// Puts back a slab whose objects were to be evicted, as the newest.
  ///
  /// If the slab is empty, returns its pages instead, which the caller frees after it has released
  /// the lock.
  public mutating func finish(
    _ evicted: consuming EvictedSlab, sortedBy sort: (borrowing Slab) -> Int
  ) -> SparePages? {
    // SAFETY: these lists or the caller own the slab from here on.
    let slab = unsafe evicted.take()
    let owner = unsafe identity(slab.pointee.slotSize == 0)
    guard unsafe slab.pointee.owner == owner | SlabLists.evicted else {
      log(.error, "a slab is put back where it does not come from")
      return nil
    }
    unsafe slab.pointee.owner = owner
    evictedCount &-= 1
    if unsafe slab.pointee.used == 0 { return unsafe give(slab) }
    unsafe link(slab, place(of: slab, sort))
    unsafe linkAge(slab)
    return nil
  }

  /// The list that a slab belongs to.
  @unsafe @inline(__always)
  private func place(of slab: UnsafeMutablePointer<SlabHeader>, _ sort: (borrowing Slab) -> Int)
    -> Int
  {
    // SAFETY: the slab is lent for this call, and the call does not end it.
    let lent = unsafe Slab(owning: slab)
    let list = sort(lent)
    _ = unsafe lent.take()
    return existing(list)
  }

  /// The number of a list that exists, for any number.
  @inline(__always)
  private func existing(_ list: Int) -> Int {
    list & last
  }

  /// Inserts a slab into an existing list.
  @unsafe @inline(__always)
  private mutating func link(_ slab: UnsafeMutablePointer<SlabHeader>, _ list: Int) {
    // SAFETY: the type's invariant; the slab is in no list, and the list exists.
    let next = unsafe heads[list]
    unsafe slab.pointee.next = next
    unsafe slab.pointee.previous = nil
    if let next = unsafe next { unsafe next.pointee.previous = slab }
    unsafe heads[list] = slab
    unsafe slab.pointee.list = UInt8(truncatingIfNeeded: list)
    filled |= 1 &<< UInt64(truncatingIfNeeded: list)
  }

  @unsafe @inline(__always)
  private mutating func unlink(_ slab: UnsafeMutablePointer<SlabHeader>) {
    // SAFETY: the type's invariant; the slab is in the list that its header names.
    let (next, previous) = unsafe (slab.pointee.next, slab.pointee.previous)
    let list = unsafe Int(slab.pointee.list)
    if let next = unsafe next { unsafe next.pointee.previous = previous }
    if let previous = unsafe previous {
      unsafe previous.pointee.next = next
    } else {
      unsafe heads[list] = next
      if unsafe next == nil { filled &= ~(1 &<< UInt64(truncatingIfNeeded: list)) }
    }
  }

  @unsafe @inline(__always)
  private mutating func linkAge(_ slab: UnsafeMutablePointer<SlabHeader>) {
    // SAFETY: the type's invariant; the slab is not in the order of age.
    unsafe slab.pointee.newer = nil
    unsafe slab.pointee.older = newest
    if let newest = unsafe newest {
      unsafe newest.pointee.newer = slab
    } else {
      unsafe oldest = slab
    }
    unsafe newest = slab
  }

  @unsafe @inline(__always)
  private mutating func unlinkAge(_ slab: UnsafeMutablePointer<SlabHeader>) {
    // SAFETY: the type's invariant; the slab is in the order of age.
    let (newer, older) = unsafe (slab.pointee.newer, slab.pointee.older)
    if let newer = unsafe newer {
      unsafe newer.pointee.older = older
    } else {
      unsafe newest = older
    }
    if let older = unsafe older {
      unsafe older.pointee.newer = newer
    } else {
      unsafe oldest = newer
    }
  }
}
