// SPDX-License-Identifier: GPL-2.0-only
// What lies at the start of a block of pages.

internal import CKernel
internal import Kernel

/// The book of a block, in its first bytes.
///
/// Invariant: `used` has a bit for each slot there is an object in. What the slots' places follow from (`slotSize` and `reciprocal`; `front` and
/// `back` of a used slot, `tag`) does not change while an object is there, so that it is read without a lock. The rest belongs to
/// whoever owns the block, which is a `Block`, an `EvictedBlock`, or the `BlockLists` that it is in, under their lock.
/// `present` has a bit for each page that was not given back, the first one always; `gone` has one for each slot that lies on one of the others, which
/// is not used. `client` is 0, or to what kind of pool objects of the block were given: never to
/// another then. `free` is the number of slots neither used nor gone. `room` is 0 in a block of
/// slots, and where both ends are taken.
@usableFromInline @safe
struct BlockHeader {
  /// The neighbours in a list of `BlockLists`, and in the order of age.
  var next: UnsafeMutablePointer<BlockHeader>?
  var previous: UnsafeMutablePointer<BlockHeader>?
  var older: UnsafeMutablePointer<BlockHeader>?
  var newer: UnsafeMutablePointer<BlockHeader>?
  /// Which `BlockLists` it is in, or is being evicted from, or 0.
  var owner: UInt
  var used: UInt64
  var gone: UInt64
  /// 2^32 by the size of each slot, rounded up: what an offset is multiplied with instead of divided by it.
  var reciprocal: UInt32
  /// The size of each slot; 0 in a block with an object at either end.
  var slotSize: UInt16
  /// The sizes of the two objects at its ends.
  var front: UInt16
  var back: UInt16
  /// How many bytes the next object at an end may have.
  var room: UInt16
  var free: UInt32
  var pages: UInt8
  var present: UInt8
  var slots: UInt8
  var list: UInt8
  /// What the allocator marked the block with when it was made.
  var tag: UInt8
  /// The bits of the slot before one and of the one behind it, if no page lies between them; and what no bits are where slots are as large as a page.
  var neighbours: UInt8
  var client: UInt8 = 0

  static var noNeighbours: UInt8 { .max }
}

/// Where things lie in a block.
enum BlockLayout {
  /// The bytes that the header takes. (A multiple of what C aligns its structures to in objects.)
  @inline(__always)
  static var headerSize: Int { (MemoryLayout<BlockHeader>.size &+ 15) & ~15 }

  @unsafe @inline(__always)
  static func offset(of index: Int, in block: UnsafeMutablePointer<BlockHeader>) -> Int {
    // SAFETY: the caller has a block.
    let slotSize = unsafe Int(block.pointee.slotSize)
    if slotSize != 0 { return headerSize &+ index &* slotSize }
    return index == 0 ? headerSize : unsafe pageSize &- Int(block.pointee.back)
  }

  /// Which slot a place in the block is in, counted from the header's end. Exact for every offset in a block: the reciprocal is too large by less
  /// than 1, so the product is by less than 2^15, which is less than a slot's share of 2^32.
  @unsafe @inline(__always)
  static func slot(at offset: Int, in block: UnsafeMutablePointer<BlockHeader>) -> Int {
    // SAFETY: the caller has a block.
    let product = unsafe UInt64(truncatingIfNeeded: offset) &* UInt64(block.pointee.reciprocal)
    return Int(truncatingIfNeeded: product &>> 32)
  }

  /// The slots that lie on a page but the first, wholly or in part.
  @unsafe @inline(__always)
  static func slots(on page: Int, of block: UnsafeMutablePointer<BlockHeader>) -> UInt64 {
    let start = page &<< pageShift &- headerSize
    // SAFETY: the caller has a block.
    let first = unsafe slot(at: start, in: block)
    let last = unsafe min(slot(at: start &+ (pageSize &- 1), in: block), Int(block.pointee.slots) &- 1)
    guard first <= last else { return 0 }
    return (~0 &>> UInt64(truncatingIfNeeded: 63 &- (last &- first))) &<< UInt64(truncatingIfNeeded: first)
  }

  /// What there is for the two objects of a page, in bytes.
  static var room: Int { pageSize &- headerSize }

  /// What there is for the next one beside the only one.
  @unsafe @inline(__always)
  static func room(in block: UnsafeMutablePointer<BlockHeader>, beside used: UInt64) -> UInt16 {
    // SAFETY: the caller owns the block.
    unsafe UInt16(truncatingIfNeeded: room) &- (used & 1 != 0 ? block.pointee.front : block.pointee.back)
  }

  /// The bits of the slot before one and of the one behind it, among three.
  static var besideMask: UInt8 { 0b101 }

  /// What sizes of objects are rounded up to.
  static var grain: Int { 16 }
}
