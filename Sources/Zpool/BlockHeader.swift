// SPDX-License-Identifier: GPL-2.0-only
// What lies at the start of a block of pages.

internal import CKernel
internal import Kernel

/// The book of a block, in its first bytes.
///
/// Invariant: `used` has a bit for each slot there is an object in. What the slots' places follow from (`slotSize`; `front` and
/// `back` of a used slot, `tag`) does not change while an object is there, so that it is read without a lock. The rest belongs to
/// whoever owns the block, which is a `Block`, an `EvictedBlock`, or the `BlockLists` that it is in, under their lock.
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
  /// The size of each slot; 0 in a block with an object at either end.
  var slotSize: UInt16
  /// The sizes of the two objects at its ends.
  var front: UInt16
  var back: UInt16
  var pages: UInt8
  var slots: UInt8
  var list: UInt8
  /// What the allocator marked the block with when it was made.
  var tag: UInt8
  /// Its objects are being evicted: it is in no list, and nobody else frees it.
  var isEvicted: Bool
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

  @unsafe @inline(__always)
  static func capacity(of index: Int, in block: UnsafeMutablePointer<BlockHeader>) -> Int {
    // SAFETY: the caller has a block.
    let slotSize = unsafe Int(block.pointee.slotSize)
    if slotSize != 0 { return slotSize }
    return unsafe Int(index == 0 ? block.pointee.front : block.pointee.back)
  }

  /// What sizes of objects are rounded up to.
  static var grain: Int { 16 }
}
