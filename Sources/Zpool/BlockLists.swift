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
/// Invariant: `heads` is memory for the first block of each list. A block has `heads`'s address as its owner if and only if it is in one of
/// the lists, and in the order of age, or being evicted; others have another owner or none. `filled` has a bit for each list that is not empty. `slotCount` and
/// `freeSlotCount` are the sums of the blocks' and of those being evicted: of slots that are not gone, and of those of them that are free.
@safe
public struct BlockLists: ~Copyable, @unchecked Sendable {
  private let heads: UnsafeMutablePointer<UnsafeMutablePointer<BlockHeader>?>
  /// The number of the last list.
  private let last: Int
  private var filled: UInt64 = 0
  private var oldest: UnsafeMutablePointer<BlockHeader>?
  private var newest: UnsafeMutablePointer<BlockHeader>?

  private var slotCount = 0

  /// How many objects more there can be in the blocks.
  public private(set) var freeSlotCount = 0

  /// How many there are in them.
  public var objectCount: Int { slotCount &- freeSlotCount }

  /// Makes empty lists.
  ///
  /// Throws: `invalidArgument` unless there are 1 to 64; `outOfMemory`.
  /// Context: as the flags say.
  public init(count: Int, _ flags: AllocationFlags) throws(Errno) {
    guard count >= 1, count <= 64 else { throw .invalidArgument }
    guard
      // SAFETY: any size and flags are valid arguments.
      let memory = unsafe apus_kmalloc_node(
        count &* MemoryLayout<UInt>.size, (flags | .zeroed).rawValue, NUMANode.any.rawValue)
    else { throw .outOfMemory }
    // INVARIANT: fresh, and zeroes are null pointers.
    unsafe heads = memory.bindMemory(to: UnsafeMutablePointer<BlockHeader>?.self, capacity: count)
    last = count &- 1
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
    unsafe apus_kfree(heads)
  }

  /// Which lists a block belongs to.
  private var identity: UInt { unsafe UInt(bitPattern: heads) }

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
    if unsafe list != Int(block.pointee.list) {
      unsafe unlink(block)
      unsafe link(block, list)
    }
    if unsafe block != newest {
      unsafe unlinkAge(block)
      unsafe linkAge(block)
    }
    return slot
  }

  /// Puts a block into a list, as the newest. For a list that is not there, the last one is taken.
  @inline(__always)
  public mutating func insert(_ block: consuming Block, inList list: Int) {
    // SAFETY: the block is these lists' from here on.
    let block = unsafe block.take()
    unsafe block.pointee.owner = identity
    let free = unsafe Int(block.pointee.free)
    unsafe slotCount &+= block.pointee.used.nonzeroBitCount &+ free
    freeSlotCount &+= free
    unsafe link(block, existing(list))
    unsafe linkAge(block)
  }

  /// Frees an object, and sorts its block anew: `sort` says which list it belongs to now.
  ///
  /// Gives pages to be freed without the lock: those of the block if there is no object in it any more, or nil.
  ///
  /// - Parameter sparing: gives those as well that the object lay on and no other one does, and nobody can be put on again until the block is empty: for when
  ///   there are many more free slots than will be wanted soon.
  ///
  /// Complexity: constant: a block has 8 pages at most.
  @inline(__always)
  public mutating func free(
    _ slot: consuming Slot, sparing: Bool = false, sortedBy sort: (borrowing Block) -> Int
  ) -> SparePages? {
    // SAFETY: the slot's invariant. Nobody changes the owner while the block has objects and is in lists.
    let block = unsafe slot.block
    let index = slot.index
    let bit: UInt64 = 1 &<< UInt64(truncatingIfNeeded: index)
    guard unsafe block.pointee.owner == identity, unsafe block.pointee.used & bit != 0 else {
      BlockLists.complain()
      return nil
    }
    unsafe block.pointee.used &= ~bit
    unsafe block.pointee.free &+= 1
    freeSlotCount &+= 1
    // Whoever evicts its objects will see what is left.
    if unsafe block.pointee.isEvicted { return nil }
    if unsafe block.pointee.used == 0 {
      unsafe unlink(block)
      unsafe unlinkAge(block)
      return unsafe give(block)
    }
    // Between two objects there is no whole page, unless slots are as large: most frees look no further.
    let beside = bit &<< 1 | bit &>> 1
    let mayHave = unsafe block.pointee.used & beside != beside || Int(block.pointee.slotSize) >= pageSize
    let spare = sparing && mayHave ? unsafe giveUp(block, around: index) : nil
    let list = unsafe place(of: block, sort)
    if unsafe list != Int(block.pointee.list) {
      unsafe unlink(block)
      unsafe link(block, list)
    }
    return spare
  }

  /// Apart from what is done often, which would keep room for it.
  @inline(never)
  private static func complain() { log(.error, "an object is freed that is not there") }

  /// Gives up a block without an object, which is in no list any more.
  @unsafe @inline(__always)
  private mutating func give(_ block: UnsafeMutablePointer<BlockHeader>) -> SparePages {
    // SAFETY: the caller owns it, and nobody has a slot of it.
    let free = unsafe Int(block.pointee.free)
    slotCount &-= free
    freeSlotCount &-= free
    return unsafe SparePages(block.pointee.present, of: block)
  }

  /// Gives up those of the pages that a slot lies on which no object is on, if there are such; the first page of a block, with the header, is none.
  @unsafe
  private mutating func giveUp(_ block: UnsafeMutablePointer<BlockHeader>, around index: Int) -> SparePages? {
    // SAFETY: the type's invariant; the block is in the lists, and has the slot.
    let (used, present, slotSize) = unsafe (block.pointee.used, block.pointee.present, Int(block.pointee.slotSize))
    guard slotSize != 0 else { return nil }
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
    let lost = unsafe Int(block.pointee.free) &- free
    slotCount &-= lost
    freeSlotCount &-= lost
    unsafe block.pointee.free = UInt8(truncatingIfNeeded: free)
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
    unsafe block.pointee.isEvicted = true
    return unsafe EvictedBlock(block)
  }

  /// Puts a block back whose objects were to be evicted, as the newest, unless it is empty: then its pages are given, to be
  /// freed without the lock.
  public mutating func finish(
    _ evicted: consuming EvictedBlock, sortedBy sort: (borrowing Block) -> Int
  ) -> SparePages? {
    // SAFETY: the block is these lists' from here on, or given to the caller.
    let block = unsafe evicted.take()
    guard unsafe block.pointee.owner == identity else {
      log(.error, "a block is put back where it does not come from")
      return nil
    }
    unsafe block.pointee.isEvicted = false
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

  /// A list's number, or the last one's.
  @inline(__always)
  private func existing(_ list: Int) -> Int {
    UInt(bitPattern: list) < UInt(bitPattern: last) ? list : last
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
