// SPDX-License-Identifier: GPL-2.0-only
// The blocks of an allocator, in lists that it sorts them into.
// C header: include/linux/list.h

internal import CKernel
public import Kernel

/// Blocks with objects in them, owned, in up to 64 lists; the first list that has one is found in constant time. Their age is
/// known as well.
///
/// It stands in an allocator's lock, together with what else that lock protects. Blocks that still have objects in them when it ends are
/// not freed, since somebody may have a slot: their memory is lost, as in the kernel's own allocators. `ZpoolAdapter` reports it.
///
/// Invariant: `heads` is memory for the first block of each list. A block has `heads`'s address as its owner, with `ends` if it has ends instead of slots, if and only
/// if it is in one of the lists, and in the order of age; and with `evicted` as well while its objects are being evicted: it is in no list then, and nobody
/// else frees it. (The address is a multiple of 8.) `evictedCount` is the number of those; while
/// there are some, `heads` is not freed, so that no other lists have the same address. Others have
/// another owner or none. `filled` has a bit for each list that is not empty. `slotCount` and
/// `freeSlotCount` are the sums of the blocks' and of those being evicted: of slots that are not gone, and of those of them that are free.
@safe
public struct BlockLists: ~Copyable, @unchecked Sendable {
  private let heads: UnsafeMutablePointer<UnsafeMutablePointer<BlockHeader>?>
  /// The number of the last list, which is one less than a power of two.
  private let last: Int
  private var filled: UInt64 = 0
  private var oldest: UnsafeMutablePointer<BlockHeader>?
  private var newest: UnsafeMutablePointer<BlockHeader>?

  private var slotCount = 0

  private var evictedCount = 0

  /// How many objects more there can be in the blocks.
  public private(set) var freeSlotCount = 0

  /// How many there are in them.
  public var objectCount: Int { slotCount &- freeSlotCount }

  /// Makes empty lists, as many as are wanted, rounded up to a power of two.
  ///
  /// Throws: `invalidArgument` unless there are 1 to 64; `outOfMemory`.
  /// Context: as the flags say.
  public init(count: Int, _ flags: AllocationFlags) throws(Errno) {
    guard count >= 1, count <= 64 else { throw .invalidArgument }
    let last = (1 &<< (Int.bitWidth &- (count &- 1).leadingZeroBitCount)) &- 1
    guard
      // SAFETY: any size and flags are valid arguments.
      let memory = unsafe apus_kmalloc_node(
        (last &+ 1) &* MemoryLayout<UInt>.size, (flags | .zeroed).rawValue, NUMANode.any.rawValue)
    else { throw .outOfMemory }
    // INVARIANT: fresh, and zeroes are null pointers.
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
      // SAFETY: as above; what still has objects belongs to nobody from here on.
      unsafe block.pointee.owner = 0
      if unsafe block.pointee.used == 0 { unsafe Block.free(block) }
    }
    guard evictedCount == 0 else {
      log(.error, "lists end while \(evictedCount) of their blocks are evicted, or are lost")
      return
    }
    unsafe apus_kfree(heads)
  }

  /// Which lists a block belongs to.
  private var identity: UInt { unsafe UInt(bitPattern: heads) }

  /// What is added to that in the header of a page with an object at either end.
  private static var ends: UInt { 2 }

  /// Which lists such a page belongs to: `identity` and `ends`.
  private let pairIdentity: UInt

  /// What is added to it while a block's objects are being evicted.
  private static var evicted: UInt { 1 }

  private func identity(_ isPair: Bool) -> UInt { isPair ? pairIdentity : identity }

  /// Takes the newest block out of the first list from `first` on that has one, or gives nil.
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

  /// Puts an object into a slot of the newest block of the first list from `first` on that has one, and sorts the block anew; or gives nil if
  /// there is none, or no slot in it is free.
  ///
  /// Complexity: constant.
  @inline(__always)
  public mutating func takeSlot(fromList first: Int, sortedBy sort: (borrowing Block) -> Int) -> Slot? {
    // SAFETY: `use` owns the block for that call.
    unsafe use(first, sort) { $0.takeSlot() }
  }

  /// Puts an object of a size at the free end of the newest block of the first list from `first` on that has one, and sorts the block anew; or gives nil if
  /// there is none, or it has no such end.
  ///
  /// Complexity: constant.
  @inline(__always)
  public mutating func takeEnd(
    byteCount: Int, fromList first: Int, sortedBy sort: (borrowing Block) -> Int
  ) -> Slot? {
    // SAFETY: `use` owns the block for that call.
    unsafe use(first, sort) { $0.takeEnd(byteCount: byteCount) }
  }

  /// The body puts one object into the block, or none and gives nil.
  @unsafe @inline(__always)
  private mutating func use(
    _ first: Int, _ sort: (borrowing Block) -> Int, _ body: (inout Block) -> Slot?
  ) -> Slot? {
    guard first >= 0, first <= last else { return nil }
    let lists = filled &>> UInt64(truncatingIfNeeded: first)
    guard lists != 0 else { return nil }
    // SAFETY: the type's invariant: that list exists and is not empty.
    guard let block = unsafe heads[first &+ lists.trailingZeroBitCount] else { return nil }
    // SAFETY: lent for the call, and not ended by it.
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

  /// Puts a block into a list, as the newest. A number that is not one of a list is counted round.
  @inline(__always)
  public mutating func insert(_ block: consuming Block, inList list: Int) {
    // SAFETY: the block is these lists' from here on.
    let block = unsafe block.take()
    unsafe block.pointee.owner = identity(block.pointee.slotSize == 0)
    let free = unsafe Int(block.pointee.free)
    unsafe slotCount &+= block.pointee.used.nonzeroBitCount &+ free
    freeSlotCount &+= free
    unsafe link(block, existing(list))
    unsafe linkAge(block)
  }

  /// Frees an object in a slot, and sorts its block anew: `sort` says which list it belongs to now.
  ///
  /// Gives pages to be freed without the lock: those of the block if there is no object in it any more, or nil.
  ///
  /// - Parameter sparing: whether those are given as well that the object lay on and no other one does, and nobody can be put on again until the block is
  ///   empty: for when there are many more free slots than will be wanted soon. It is told how many are free, and how many objects there are.
  ///
  /// Complexity: constant: a block has 8 pages at most.
  @inline(__always)
  public mutating func free(
    _ slot: consuming Slot, sparing: (_ freeSlotCount: Int, _ objectCount: Int) -> Bool = { _, _ in false },
    sortedBy sort: (borrowing Block) -> Int
  ) -> SparePages? {
    // SAFETY: the slot's invariant. Nobody changes the owner while the block has objects and is in lists.
    let block = unsafe slot.block
    let index = unsafe slot.index(in: block)
    let position = UInt64(truncatingIfNeeded: index)
    let bit: UInt64 = 1 &<< position
    let used = unsafe block.pointee.used
    let left = used ^ bit
    // The bits of the slot before, of this one and of the one behind. (There is no page to give before the first slot.)
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
    // Between two objects there is no whole page, unless slots are as large: most frees look no further.
    let mayHave = unsafe UInt8(truncatingIfNeeded: beside) & BlockLayout.besideMask != block.pointee.neighbours
    let spare = mayHave && sparing(freeSlotCount, objectCount) ? unsafe giveUp(block, around: index) : nil
    unsafe relink(block, sort)
    return spare
  }

  /// Frees an object at an end, and sorts its page anew: `sort` says which list it belongs to now.
  ///
  /// Gives the page to be freed without the lock if there is no object in it any more, or nil.
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
    // SAFETY: the type's invariant; these lists have the block, and one slot less is used.
    unsafe block.pointee.used = used
    unsafe block.pointee.free &+= 1
    freeSlotCount &+= 1
  }

  /// Gives up those of a block's pages that a slot lies on which no object is on.
  @unsafe @inline(__always)
  private mutating func giveUp(_ block: UnsafeMutablePointer<BlockHeader>, around index: Int) -> SparePages? {
    // SAFETY: the type's invariant; the block is in the lists, and has the slot.
    let free = unsafe block.pointee.free
    let spare = unsafe BlockLists.thin(block, around: index)
    let lost = unsafe Int(free &- block.pointee.free)
    slotCount &-= lost
    freeSlotCount &-= lost
    return spare
  }

  /// Sorts a block anew.
  @unsafe @inline(__always)
  private mutating func relink(_ block: UnsafeMutablePointer<BlockHeader>, _ sort: (borrowing Block) -> Int) {
    // SAFETY: the type's invariant; the block is in the lists.
    let list = unsafe place(of: block, sort)
    if unsafe UInt8(truncatingIfNeeded: list) != block.pointee.list {
      unsafe unlink(block)
      unsafe link(block, list)
    }
  }

  /// Frees an object of a block that is being evicted, and says whether it did: whoever evicts will see what is left. Other blocks are not these
  /// lists', or have no such object.
  ///
  /// - Parameter difference: what the block's owner differs by from what it is while the block is in the lists.
  ///
  /// Apart from what is done often, which would keep room for it.
  @unsafe @inline(never)
  private static func freeEvicted(
    _ block: UnsafeMutablePointer<BlockHeader>, _ bit: UInt64, _ difference: UInt
  ) -> Bool {
    // SAFETY: a slot's block; nobody changes its owner while it has objects, and the lists that own it are the caller's.
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

  /// Gives up a block without an object.
  @unsafe @inline(__always)
  private mutating func unlinkAndGive(_ block: UnsafeMutablePointer<BlockHeader>) -> SparePages {
    // SAFETY: the type's invariant; the block is in the lists.
    unsafe unlink(block)
    unsafe unlinkAge(block)
    return unsafe give(block)
  }

  /// Gives up a block without an object, which is in no list any more.
  @unsafe @inline(__always)
  private mutating func give(_ block: UnsafeMutablePointer<BlockHeader>) -> SparePages {
    // SAFETY: the caller owns it, and nobody has a slot of it.
    let free = unsafe Int(block.pointee.free)
    slotCount &-= free
    freeSlotCount &-= free
    return unsafe SparePages(block.pointee.present, of: block)
  }

  /// Gives those of the pages that a slot lies on which no object is on, if there are such; the first page of a block, with the header, is none.
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
    // INVARIANT: no slot on them is used, nor will be: they are not the block's any more.
    return unsafe SparePages(spare, of: block)
  }

  /// Takes the oldest block out for its objects to be evicted, or gives nil if there is none.
  public mutating func popOldest() -> EvictedBlock? {
    // SAFETY: the type's invariant.
    guard let block = unsafe oldest else { return nil }
    unsafe unlink(block)
    unsafe unlinkAge(block)
    unsafe block.pointee.owner |= BlockLists.evicted
    evictedCount &+= 1
    return unsafe EvictedBlock(block)
  }

  /// Puts a block back whose objects were to be evicted, as the newest, unless it is empty: then its pages are given, to be
  /// freed without the lock.
  public mutating func finish(
    _ evicted: consuming EvictedBlock, sortedBy sort: (borrowing Block) -> Int
  ) -> SparePages? {
    // SAFETY: the block is these lists' from here on, or given to the caller.
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

  /// Asks for a block's list.
  @unsafe @inline(__always)
  private func place(of block: UnsafeMutablePointer<BlockHeader>, _ sort: (borrowing Block) -> Int) -> Int {
    // SAFETY: lent for the call, and not ended by it.
    let lent = unsafe Block(owning: block)
    let list = sort(lent)
    _ = unsafe lent.take()
    return existing(list)
  }

  /// A list's number, whatever was said.
  @inline(__always)
  private func existing(_ list: Int) -> Int {
    list & last
  }

  /// Puts a block into a list that is there.
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
    // SAFETY: the type's invariant; the block is in the list that it names.
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
    // SAFETY: the type's invariant; the block is not in the order.
    unsafe block.pointee.newer = nil
    unsafe block.pointee.older = newest
    if let newest = unsafe newest { unsafe newest.pointee.newer = block } else { unsafe oldest = block }
    unsafe newest = block
  }

  @unsafe @inline(__always)
  private mutating func unlinkAge(_ block: UnsafeMutablePointer<BlockHeader>) {
    // SAFETY: the type's invariant; the block is in the order.
    let (newer, older) = unsafe (block.pointee.newer, block.pointee.older)
    if let newer = unsafe newer { unsafe newer.pointee.older = older } else { unsafe newest = older }
    if let older = unsafe older { unsafe older.pointee.newer = newer } else { unsafe oldest = newer }
  }
}
