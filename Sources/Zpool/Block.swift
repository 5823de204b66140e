// SPDX-License-Identifier: GPL-2.0-only
// A block of pages that objects are put into.
// C header: include/linux/gfp.h

internal import CKernel
public import Kernel

/// One to eight contiguous pages with room for objects, owned: freed when the value ends.
///
/// A block has slots of one size, of which any free one is found in constant time, or is one page with an object at either end.
/// Used slots keep their block: one that ends nevertheless is not freed, and the log says so.
///
/// Invariant: `header` is at the start of `pages` pages that this value owns, and in none of the `BlockLists`.
@safe @frozen
public struct Block: ~Copyable, @unchecked Sendable {
  @usableFromInline let header: UnsafeMutablePointer<BlockHeader>

  /// The most slots that a block can have: a bit of a word each.
  public static var maximumSlots: Int { 64 }

  /// The most pages.
  public static var maximumPages: Int { 8 }

  /// The bytes of a block that objects cannot have.
  public static var headerSize: Int { BlockLayout.headerSize }

  /// What the sizes of slots are multiples of, in bytes.
  public static var grain: Int { BlockLayout.grain }

  /// A block of slots of one size, as many as fit in it, but `maximumSlots` at most. The corresponding C functions are `alloc_pages_node`
  /// and `split_page`.
  ///
  /// - Parameter tag: what slots of the block say, 0 to 255: which of several `BlockLists` it is in, say.
  ///
  /// Throws: `invalidArgument` for numbers that cannot be; `outOfMemory`, which for several pages is likely once memory is scarce.
  /// Context: as the flags say.
  public init(
    pages: Int, slotSize: Int, tag: UInt8 = 0, _ flags: AllocationFlags, node: NUMANode = .any
  ) throws(Errno) {
    guard pages >= 1, pages <= Block.maximumPages, slotSize >= Block.grain, slotSize % Block.grain == 0 else {
      throw .invalidArgument
    }
    let slots = min((pages &* pageSize &- Block.headerSize) / slotSize, Block.maximumSlots)
    guard slots >= 1, slotSize <= Int(UInt16.max) else { throw .invalidArgument }
    try self.init(pages: pages, slotSize: slotSize, slots: slots, tag, flags, node)
  }

  /// A page with an object at either end.
  ///
  /// Throws: `outOfMemory`.
  /// Context: as the flags say.
  public init(pairIn flags: AllocationFlags, node: NUMANode = .any) throws(Errno) {
    try self.init(pages: 1, slotSize: 0, slots: 2, 0, flags, node)
  }

  private init(
    pages: Int, slotSize: Int, slots: Int, _ tag: UInt8, _ flags: AllocationFlags, _ node: NUMANode
  ) throws(Errno) {
    guard
      // SAFETY: any flags, a node that exists and a number of pages that was checked are valid arguments.
      let memory = unsafe apus_block_alloc(node.rawValue, flags.rawValue, UInt32(truncatingIfNeeded: pages))
    else { throw .outOfMemory }
    // INVARIANT: fresh pages; the header fits into the first one.
    let header = unsafe memory.bindMemory(to: BlockHeader.self, capacity: 1)
    unsafe header.initialize(
      to: BlockHeader(
        next: nil, previous: nil, older: nil, newer: nil, owner: 0, used: 0, gone: 0,
        reciprocal: slotSize > 0 ? UInt32(truncatingIfNeeded: ((1 &<< 32) &+ slotSize &- 1) / slotSize) : 0,
        slotSize: UInt16(truncatingIfNeeded: slotSize), front: 0, back: 0,
        room: slotSize > 0 ? 0 : UInt16(truncatingIfNeeded: BlockLayout.room), free: UInt32(truncatingIfNeeded: slots),
        pages: UInt8(truncatingIfNeeded: pages),
        present: UInt8(truncatingIfNeeded: (1 &<< pages) &- 1), slots: UInt8(truncatingIfNeeded: slots),
        list: 0, tag: tag,
        neighbours: slotSize < pageSize ? BlockLayout.besideMask : BlockHeader.noNeighbours))
    unsafe self.header = header
  }

  /// Takes a block back from where `take` had put it.
  @unsafe @inline(__always)
  init(owning header: UnsafeMutablePointer<BlockHeader>) {
    // INVARIANT: the caller owned it.
    unsafe self.header = header
  }

  @unsafe @inline(__always)
  consuming func take() -> UnsafeMutablePointer<BlockHeader> {
    // SAFETY: the caller owns it from here on.
    let header = unsafe header
    discard self
    return unsafe header
  }

  deinit {
    // SAFETY: the type's invariant.
    unsafe Block.free(header)
  }

  /// Frees a block's pages if there is no object in it.
  @unsafe
  static func free(_ header: UnsafeMutablePointer<BlockHeader>) {
    // SAFETY: the caller owns the block.
    let used = unsafe header.pointee.used
    guard used == 0 else {
      log(.error, "a block with \(used.nonzeroBitCount) objects in it is lost")
      return
    }
    unsafe apus_block_free(header, UInt32(header.pointee.present))
  }

  /// How many pages it was made with.
  public var pages: Int {
    // SAFETY: the type's invariant.
    Int(unsafe header.pointee.pages)
  }

  /// How many objects there can be in it.
  public var slotCount: Int {
    // SAFETY: the type's invariant.
    Int(unsafe header.pointee.slots)
  }

  /// How many objects there are in it.
  public var objectCount: Int {
    // SAFETY: the type's invariant.
    unsafe header.pointee.used.nonzeroBitCount
  }

  /// How many objects more there can be in it: slots on pages that were given back have none any more.
  public var freeSlotCount: Int {
    // SAFETY: the type's invariant.
    unsafe Int(header.pointee.free)
  }

  /// Whether there is no object in it.
  public var isEmpty: Bool {
    // SAFETY: the type's invariant.
    unsafe header.pointee.used == 0
  }

  /// How many bytes the next object at an end may have; 0 if both ends are taken.
  @inline(__always)
  public var freeBytesBetweenEnds: Int {
    // SAFETY: the type's invariant.
    Int(unsafe header.pointee.room)
  }

  /// Puts an object into a free slot, or gives nil if there is none.
  ///
  /// Complexity: constant.
  @inline(__always)
  public mutating func takeSlot() -> Slot? {
    // SAFETY: the type's invariant.
    let index = unsafe (~(header.pointee.used | header.pointee.gone)).trailingZeroBitCount
    guard unsafe header.pointee.slotSize != 0, unsafe index < Int(header.pointee.slots) else { return nil }
    return unsafe use(index)
  }

  /// Puts an object of a size at the end that is free, or gives nil if it does not fit.
  @inline(__always)
  public mutating func takeEnd(byteCount: Int) -> Slot? {
    guard byteCount > 0 else { return nil }
    // Rounded up, so that the object at the back is aligned.
    let size = (byteCount &+ (BlockLayout.grain &- 1)) & ~(BlockLayout.grain &- 1)
    guard size >= byteCount, size <= freeBytesBetweenEnds else { return nil }
    // SAFETY: the type's invariant; the end is free, so nobody reads its size.
    let used = unsafe header.pointee.used
    unsafe header.pointee.room = used == 0 ? UInt16(truncatingIfNeeded: BlockLayout.room &- size) : 0
    if used & 1 == 0 {
      unsafe header.pointee.front = UInt16(truncatingIfNeeded: size)
      return unsafe use(0)
    }
    unsafe header.pointee.back = UInt16(truncatingIfNeeded: size)
    return unsafe use(1)
  }

  @unsafe @inline(__always)
  private mutating func use(_ index: Int) -> Slot {
    // SAFETY: the type's invariant; the caller found the slot free.
    unsafe header.pointee.used |= 1 &<< UInt64(truncatingIfNeeded: index)
    unsafe header.pointee.free &-= 1
    let slot = unsafe Slot(block: header, index: index)
    // SAFETY: an object has 16 bytes at least, and this call alone knows this one yet.
    unsafe apus_compat_object_made(slot.address)
    return slot
  }
}
