// SPDX-License-Identifier: GPL-2.0-only
// The blocks of an allocator, sorted into lists.
// C header: include/linux/list.h

internal import CKernel
public import Kernel

/// Blocks with objects, owned, in up to 64 lists.
///
/// The first list that is not empty is found in constant time. The lists also record the order of
/// the blocks' age.
///
/// An allocator keeps the lists under its lock, together with the other state that the lock
/// protects. When the lists end, blocks that still have objects are not freed, because other code
/// may have slots of them. Their memory is leaked, as in the kernel's own allocators.
/// `ZpoolAdapter` reports it.
///
/// Invariant: `heads` is an array with the first block of each list, and `filled` has a bit for
/// each list that is not empty. The owner in a block's header tells the state of the block. (The
/// address of `heads` is a multiple of 8, so the two tags fit in its low bits.)
/// - The address of `heads`, with `ends` if the block has ends instead of slots: the block is in
///   one of the lists, and in the order of age.
/// - The same, with `evicted`: the block's objects are being evicted. The block is in no list, and
///   other code does not free it.
/// - Any other value: the block does not belong to these lists.
///
/// `evictedCount` is the number of blocks that are being evicted. While it is not 0, `heads` is not
/// freed, so no other lists can have the same address. `slotCount` is the number of slots that are
/// not gone, and `freeSlotCount` the number of free ones among them. Both include the blocks that
/// are being evicted.
@safe
public struct BlockLists: ~Copyable, @unchecked Sendable {
  private let heads: UnsafeMutablePointer<UnsafeMutablePointer<BlockHeader>?>
  /// The number of the last list. It is one less than a power of two.
  private let last: Int
  private var filled: UInt64 = 0
  private var oldest: UnsafeMutablePointer<BlockHeader>?
  private var newest: UnsafeMutablePointer<BlockHeader>?

  private var slotCount = 0

  private var evictedCount = 0

  /// The number of free slots of the blocks.
  public private(set) var freeSlotCount = 0

  /// The number of objects in the blocks.
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
    unsafe heads = memory.bindMemory(to: UnsafeMutablePointer<BlockHeader>?.self, capacity: last &+ 1)
    self.last = last
    pairIdentity = UInt(bitPattern: memory) | BlockLists.ends
    unsafe oldest = nil
    unsafe newest = nil
  }

  deinit {
    // SAFETY: the type's invariant.
    var next = unsafe oldest
    while let block = unsafe next {
      unsafe next = block.pointee.newer
      // SAFETY: as above; a block that still has objects has no owner from here on.
      unsafe block.pointee.owner = 0
      if unsafe block.pointee.used == 0 { unsafe Block.free(block) }
    }
    guard evictedCount == 0 else {
      log(.error, "lists end while \(evictedCount) of their blocks are evicted, or are lost")
      return
    }
    unsafe apus_kfree(heads)
  }

  /// The owner of a block with slots that is in these lists.
  private var identity: UInt { unsafe UInt(bitPattern: heads) }

  /// The tag in the owner of a page with an object at either end.
  private static var ends: UInt { 2 }

  /// The owner of such a page that is in these lists: `identity` with `ends`.
  private let pairIdentity: UInt

  /// The tag in the owner of a block whose objects are being evicted.
  private static var evicted: UInt { 1 }

  private func identity(_ isPair: Bool) -> UInt { isPair ? pairIdentity : identity }

  /// Removes the newest block of the first list from `first` on that is not empty, and returns it.
  ///
  /// Returns nil if all these lists are empty.
  ///
  /// Complexity: constant.
  @inline(__always)
  public mutating func popFirst(fromList first: Int) -> Block? {
    guard first >= 0, first <= last else { return nil }
    let lists = filled &>> UInt64(truncatingIfNeeded: first)
    guard lists != 0 else { return nil }
    // SAFETY: the type's invariant: that list exists and is not empty.
    guard let block = unsafe heads[first &+ lists.trailingZeroBitCount] else { return nil }
    unsafe unlink(block)
    unsafe unlinkAge(block)
    unsafe block.pointee.owner = 0
    let free = unsafe Int(block.pointee.free)
    unsafe slotCount &-= block.pointee.used.nonzeroBitCount &+ free
    freeSlotCount &-= free
    return unsafe Block(owning: block)
  }

  /// Takes a slot for an object in the newest block of the first list from `first` on that is not
  /// empty, and moves the block to the list that `sort` returns.
  ///
  /// Returns nil if all these lists are empty, or if the block has no free slot.
  ///
  /// Complexity: constant.
  @inline(__always)
  public mutating func takeSlot(fromList first: Int, sortedBy sort: (borrowing Block) -> Int) -> Slot? {
    // SAFETY: `use` owns the block for that call.
    unsafe use(first, sort) { $0.takeSlot() }
  }

  /// Takes the free end of the newest block of the first list from `first` on that is not empty,
  /// for an object of this size, and moves the block to the list that `sort` returns.
  ///
  /// Returns nil if all these lists are empty, or if the object does not fit in the block.
  ///
  /// Complexity: constant.
  @inline(__always)
  public mutating func takeEnd(
    byteCount: Int, fromList first: Int, sortedBy sort: (borrowing Block) -> Int
  ) -> Slot? {
    // SAFETY: `use` owns the block for that call.
    unsafe use(first, sort) { $0.takeEnd(byteCount: byteCount) }
  }

  /// Lends the newest block of the first list that is not empty to `body`, which takes one slot or
  /// returns nil, and then sorts the block.
  @unsafe @inline(__always)
  private mutating func use(
    _ first: Int, _ sort: (borrowing Block) -> Int, _ body: (inout Block) -> Slot?
  ) -> Slot? {
    guard first >= 0, first <= last else { return nil }
    let lists = filled &>> UInt64(truncatingIfNeeded: first)
    guard lists != 0 else { return nil }
    // SAFETY: the type's invariant: that list exists and is not empty.
    guard let block = unsafe heads[first &+ lists.trailingZeroBitCount] else { return nil }
    // SAFETY: the block is lent for this call, and the call does not end it.
    var lent = unsafe Block(owning: block)
    let slot = body(&lent)
    let list = existing(sort(lent))
    _ = unsafe lent.take()
    guard let slot else { return nil }
    freeSlotCount &-= 1
    if unsafe UInt8(truncatingIfNeeded: list) != block.pointee.list {
      unsafe unlink(block)
      unsafe link(block, list)
    }
    if unsafe block != newest {
      unsafe unlinkAge(block)
      unsafe linkAge(block)
    }
    return slot
  }

  /// Inserts a block into a list, as the newest.
  ///
  /// The list's number is taken modulo the number of lists.
  @inline(__always)
  public mutating func insert(_ block: consuming Block, inList list: Int) {
    // SAFETY: these lists own the block from here on.
    let block = unsafe block.take()
    unsafe block.pointee.owner = identity(block.pointee.slotSize == 0)
    let free = unsafe Int(block.pointee.free)
    unsafe slotCount &+= block.pointee.used.nonzeroBitCount &+ free
    freeSlotCount &+= free
    unsafe link(block, existing(list))
    unsafe linkAge(block)
  }

  /// Frees the object in a slot, and moves its block to the list that `sort` returns.
  ///
  /// Returns pages that the caller frees after it has released the lock: the pages of the block if
  /// it has no object left, pages that `sparing` allows to give up, or nil.
  ///
  /// - Parameter sparing: whether to give up the pages that the object was on and no other object
  ///   is on. Slots on these pages are not used again as long as the block exists, so this is for
  ///   the case that there are many more free slots than needed soon. The arguments are the number
  ///   of free slots and the number of objects.
  ///
  /// Complexity: constant, because a block has at most 8 pages.
  @inline(__always)
  public mutating func free(
    _ slot: consuming Slot, sparing: (_ freeSlotCount: Int, _ objectCount: Int) -> Bool = { _, _ in false },
    sortedBy sort: (borrowing Block) -> Int
  ) -> SparePages? {
    // SAFETY: the slot's invariant. The owner does not change while the block has objects and is in
    // lists.
    let block = unsafe slot.block
    let index = unsafe slot.index(in: block)
    let position = UInt64(truncatingIfNeeded: index)
    let bit: UInt64 = 1 &<< position
    let used = unsafe block.pointee.used
    let left = used ^ bit
    // The bits of the slot before this one, of this one and of the one after it. The bit before the
    // first slot is set, because the first page is never given up.
    let beside = (used &<< 1 | 1) &>> position
    guard left & bit == 0 else {
      BlockLists.complain()
      return nil
    }
    let difference = unsafe block.pointee.owner ^ identity
    guard difference == 0 else {
      if unsafe BlockLists.freeEvicted(block, bit, difference) { freeSlotCount &+= 1 }
      return nil
    }
    unsafe clear(block, leaving: left)
    if left == 0 { return unsafe unlinkAndGive(block) }
    // If both neighbours are used, no whole page between them is free, unless slots are as large as
    // a page. Most frees stop here.
    let mayHave = unsafe UInt8(truncatingIfNeeded: beside) & BlockLayout.besideMask != block.pointee.neighbours
    let spare = mayHave && sparing(freeSlotCount, objectCount) ? unsafe giveUp(block, around: index) : nil
    unsafe relink(block, sort)
    return spare
  }

  /// Frees the object at an end, and moves its page to the list that `sort` returns.
  ///
  /// Returns the page, which the caller frees after it has released the lock, if it has no object
  /// left, or nil.
  ///
  /// Complexity: constant.
  @inline(__always)
  public mutating func freeEnd(_ slot: consuming Slot, sortedBy sort: (borrowing Block) -> Int) -> SparePages? {
    // SAFETY: as above.
    let block = unsafe slot.block
    let bit = slot.endBit
    let left = unsafe block.pointee.used ^ bit
    let difference = unsafe block.pointee.owner ^ pairIdentity
    guard UInt64(difference) | left & bit == 0 else {
      if unsafe BlockLists.freeEvicted(block, bit, difference) { freeSlotCount &+= 1 }
      return nil
    }
    unsafe clear(block, leaving: left)
    if left == 0 { return unsafe unlinkAndGive(block) }
    unsafe block.pointee.room = BlockLayout.room(in: block, beside: left)
    unsafe relink(block, sort)
    return nil
  }

  /// Marks a slot as free.
  @unsafe @inline(__always)
  private mutating func clear(_ block: UnsafeMutablePointer<BlockHeader>, leaving used: UInt64) {
    // SAFETY: the type's invariant; the block is in these lists, and one slot less is used.
    unsafe block.pointee.used = used
    unsafe block.pointee.free &+= 1
    freeSlotCount &+= 1
  }

  /// Gives up those pages of a slot that hold no object.
  @unsafe @inline(__always)
  private mutating func giveUp(_ block: UnsafeMutablePointer<BlockHeader>, around index: Int) -> SparePages? {
    // SAFETY: the type's invariant; the block is in the lists, and the slot is in the block.
    let free = unsafe block.pointee.free
    let spare = unsafe BlockLists.thin(block, around: index)
    let lost = unsafe Int(free &- block.pointee.free)
    slotCount &-= lost
    freeSlotCount &-= lost
    return spare
  }

  /// Moves a block to the list that `sort` returns.
  @unsafe @inline(__always)
  private mutating func relink(_ block: UnsafeMutablePointer<BlockHeader>, _ sort: (borrowing Block) -> Int) {
    // SAFETY: the type's invariant; the block is in the lists.
    let list = unsafe place(of: block, sort)
    if unsafe UInt8(truncatingIfNeeded: list) != block.pointee.list {
      unsafe unlink(block)
      unsafe link(block, list)
    }
  }

  /// Frees an object of a block that is being evicted, and returns whether it did.
  ///
  /// `finish` then handles the objects that are left. In any other state the block does not belong
  /// to these lists or has no such object, which is logged.
  ///
  /// - Parameter difference: the bits in which the block's owner differs from its value while the
  ///   block is in the lists.
  ///
  /// Out of line, to keep the hot path's stack frame small.
  @unsafe @inline(never)
  private static func freeEvicted(
    _ block: UnsafeMutablePointer<BlockHeader>, _ bit: UInt64, _ difference: UInt
  ) -> Bool {
    // SAFETY: it is the block of a slot. Its owner does not change while it has objects, and the
    // caller has the lists that own it.
    let used = unsafe block.pointee.used
    guard difference == BlockLists.evicted, used & bit != 0 else {
      complain()
      return false
    }
    unsafe block.pointee.used = used & ~bit
    unsafe block.pointee.free &+= 1
    if unsafe block.pointee.slotSize == 0, used != bit {
      unsafe block.pointee.room = BlockLayout.room(in: block, beside: used & ~bit)
    }
    return true
  }

  @inline(never)
  private static func complain() { log(.error, "an object is freed that is not there") }

  /// Removes a block without objects from the lists, and gives it up.
  @unsafe @inline(__always)
  private mutating func unlinkAndGive(_ block: UnsafeMutablePointer<BlockHeader>) -> SparePages {
    // SAFETY: the type's invariant; the block is in the lists.
    unsafe unlink(block)
    unsafe unlinkAge(block)
    return unsafe give(block)
  }

  /// Gives up a block without objects that is in no list any more.
  @unsafe @inline(__always)
  private mutating func give(_ block: UnsafeMutablePointer<BlockHeader>) -> SparePages {
    // SAFETY: the caller owns the block, and no slot of it exists.
    let free = unsafe Int(block.pointee.free)
    slotCount &-= free
    freeSlotCount &-= free
    return unsafe SparePages(block.pointee.present, of: block)
  }

  /// Gives up those pages of a slot that hold no object.
  ///
  /// Returns nil if there are none. The first page of a block, which has the header, is never given
  /// up.
  @unsafe
  private static func thin(_ block: UnsafeMutablePointer<BlockHeader>, around index: Int) -> SparePages? {
    // SAFETY: the caller owns the block, which has slots and had an object in this one.
    let (used, present, slotSize) = unsafe (block.pointee.used, block.pointee.present, Int(block.pointee.slotSize))
    let start = unsafe BlockLayout.offset(of: index, in: block)
    let last = (start &+ slotSize &- 1) &>> pageShift
    var gone = unsafe block.pointee.gone
    var spare: UInt8 = 0
    var page = max(start &>> pageShift, 1)
    while page <= last {
      let bit: UInt8 = 1 &<< UInt8(truncatingIfNeeded: page)
      let slots = unsafe BlockLayout.slots(on: page, of: block)
      if present & bit != 0, used & slots == 0 {
        spare |= bit
        gone |= slots
      }
      page &+= 1
    }
    guard spare != 0 else { return nil }
    let free = unsafe Int(block.pointee.slots) &- (used | gone).nonzeroBitCount
    unsafe block.pointee.free = UInt32(truncatingIfNeeded: free)
    unsafe block.pointee.gone = gone
    unsafe block.pointee.present = present & ~spare
    // INVARIANT: no slot on these pages is used or will be, and the pages no longer belong to the
    // block.
    return unsafe SparePages(spare, of: block)
  }

  /// Removes the oldest block so that its objects can be evicted, and returns it, or nil if there
  /// is none.
  public mutating func popOldest() -> EvictedBlock? {
    // SAFETY: the type's invariant.
    guard let block = unsafe oldest else { return nil }
    unsafe unlink(block)
    unsafe unlinkAge(block)
    unsafe block.pointee.owner |= BlockLists.evicted
    evictedCount &+= 1
    return unsafe EvictedBlock(block)
  }

  /// Puts back a block whose objects were to be evicted, as the newest.
  ///
  /// If the block is empty, returns its pages instead, which the caller frees after it has released
  /// the lock.
  public mutating func finish(
    _ evicted: consuming EvictedBlock, sortedBy sort: (borrowing Block) -> Int
  ) -> SparePages? {
    // SAFETY: these lists or the caller own the block from here on.
    let block = unsafe evicted.take()
    let owner = unsafe identity(block.pointee.slotSize == 0)
    guard unsafe block.pointee.owner == owner | BlockLists.evicted else {
      log(.error, "a block is put back where it does not come from")
      return nil
    }
    unsafe block.pointee.owner = owner
    evictedCount &-= 1
    if unsafe block.pointee.used == 0 { return unsafe give(block) }
    unsafe link(block, place(of: block, sort))
    unsafe linkAge(block)
    return nil
  }

  /// The list that a block belongs to.
  @unsafe @inline(__always)
  private func place(of block: UnsafeMutablePointer<BlockHeader>, _ sort: (borrowing Block) -> Int) -> Int {
    // SAFETY: the block is lent for this call, and the call does not end it.
    let lent = unsafe Block(owning: block)
    let list = sort(lent)
    _ = unsafe lent.take()
    return existing(list)
  }

  /// The number of a list that exists, for any number.
  @inline(__always)
  private func existing(_ list: Int) -> Int {
    list & last
  }

  /// Inserts a block into an existing list.
  @unsafe @inline(__always)
  private mutating func link(_ block: UnsafeMutablePointer<BlockHeader>, _ list: Int) {
    // SAFETY: the type's invariant; the block is in no list, and the list exists.
    let next = unsafe heads[list]
    unsafe block.pointee.next = next
    unsafe block.pointee.previous = nil
    if let next = unsafe next { unsafe next.pointee.previous = block }
    unsafe heads[list] = block
    unsafe block.pointee.list = UInt8(truncatingIfNeeded: list)
    filled |= 1 &<< UInt64(truncatingIfNeeded: list)
  }

  @unsafe @inline(__always)
  private mutating func unlink(_ block: UnsafeMutablePointer<BlockHeader>) {
    // SAFETY: the type's invariant; the block is in the list that its header names.
    let (next, previous) = unsafe (block.pointee.next, block.pointee.previous)
    let list = unsafe Int(block.pointee.list)
    if let next = unsafe next { unsafe next.pointee.previous = previous }
    if let previous = unsafe previous {
      unsafe previous.pointee.next = next
    } else {
      unsafe heads[list] = next
      if unsafe next == nil { filled &= ~(1 &<< UInt64(truncatingIfNeeded: list)) }
    }
  }

  @unsafe @inline(__always)
  private mutating func linkAge(_ block: UnsafeMutablePointer<BlockHeader>) {
    // SAFETY: the type's invariant; the block is not in the order of age.
    unsafe block.pointee.newer = nil
    unsafe block.pointee.older = newest
    if let newest = unsafe newest { unsafe newest.pointee.newer = block } else { unsafe oldest = block }
    unsafe newest = block
  }

  @unsafe @inline(__always)
  private mutating func unlinkAge(_ block: UnsafeMutablePointer<BlockHeader>) {
    // SAFETY: the type's invariant; the block is in the order of age.
    let (newer, older) = unsafe (block.pointee.newer, block.pointee.older)
    if let newer = unsafe newer { unsafe newer.pointee.older = older } else { unsafe newest = older }
    if let older = unsafe older { unsafe older.pointee.newer = newer } else { unsafe oldest = newer }
  }
}
