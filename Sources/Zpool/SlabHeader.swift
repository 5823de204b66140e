// SPDX-License-Identifier: GPL-2.0-only
// The metadata at the start of a slab of pages.

internal import CKernel
internal import Kernel

/// Metadata of a slab, in its first bytes.
///
/// Invariant:
/// - `used` has a bit for each slot that holds an object.
/// - The fields that give the position of an object (`slotSize` and `reciprocal`; `front` and
///   `back` of a used end) and `tag` do not change while the object exists. They are read without a
///   lock.
/// - All other fields, except `client`, belong to the owner of the slab: a `Slab`, an
///   `EvictedSlab`, or the `SlabLists` that the slab is in, under their lock.
/// - `present` has a bit for each page that was not given back. The bit of the first page is always
///   set.
/// - `gone` has a bit for each slot that lies on a page that was given back. Such a slot is not
///   used.
/// - `client` is 0, or the kind of client that objects of the slab were given to. Objects are then
///   never given to another kind. It is set once, atomically and without a lock.
/// - `free` is the number of slots that are neither used nor gone.
/// - `room` is 0 in a slab with slots, and if both ends are used.
@usableFromInline @safe
struct SlabHeader {
  /// The neighbours in a list of `SlabLists`, and in the order of age.
  var next: UnsafeMutablePointer<SlabHeader>?
  var previous: UnsafeMutablePointer<SlabHeader>?
  var older: UnsafeMutablePointer<SlabHeader>?
  var newer: UnsafeMutablePointer<SlabHeader>?
  /// The `SlabLists` that the slab is in or is being evicted from, or 0.
  var owner: UInt
  var used: UInt64
  var gone: UInt64
  /// 2^32 divided by `slotSize`, rounded up.
  ///
  /// Multiplying an offset by it replaces dividing the offset by `slotSize`.
  var reciprocal: UInt32
  /// The size of each slot; 0 in a slab with an object at either end.
  var slotSize: UInt16
  /// The sizes of the objects at the two ends.
  var front: UInt16
  var back: UInt16
  /// The maximum size in bytes of the next object at an end.
  var room: UInt16
  var free: UInt32
  var pages: UInt8
  var present: UInt8
  var slots: UInt8
  var list: UInt8
  /// The number that the allocator set when it made the slab.
  var tag: UInt8
  /// The bits of the slots before and after a slot, as they are if no page of the slot can be free:
  /// `besideMask`. 0xFF, which never matches, if slots are at least as large as a page.
  var neighbours: UInt8
  var client: UInt8 = 0

  static var noNeighbours: UInt8 { .max }
}

/// The layout of a slab.
enum SlabLayout {
  /// The size of the header, rounded up to 16 bytes, so that C structures in objects are aligned.
  @inline(__always)
  static var headerSize: Int { (MemoryLayout<SlabHeader>.size &+ 15) & ~15 }

  @unsafe @inline(__always)
  static func offset(of index: Int, in slab: UnsafeMutablePointer<SlabHeader>) -> Int {
    // SAFETY: the caller passes a valid slab.
    let slotSize = unsafe Int(slab.pointee.slotSize)
    if slotSize != 0 { return headerSize &+ index &* slotSize }
    return index == 0 ? headerSize : unsafe pageSize &- Int(slab.pointee.back)
  }

  /// The number of the slot at an offset, counted from the end of the header.
  ///
  /// The result is exact for every offset in a slab. The reciprocal is too large by less than 1,
  /// so the product is too large by less than 2^15. One byte contributes 2^32 / `slotSize` to the
  /// product, which is more than 2^16.
  @unsafe @inline(__always)
  static func slot(at offset: Int, in slab: UnsafeMutablePointer<SlabHeader>) -> Int {
    // SAFETY: the caller passes a valid slab.
    let product = unsafe UInt64(truncatingIfNeeded: offset) &* UInt64(slab.pointee.reciprocal)
    return Int(truncatingIfNeeded: product &>> 32)
  }

  /// The bits of the slots that lie wholly or partly on a page. The page must not be the first one.
  @unsafe @inline(__always)
  static func slots(on page: Int, of slab: UnsafeMutablePointer<SlabHeader>) -> UInt64 {
    let start = page &<< pageShift &- headerSize
    // SAFETY: the caller passes a valid slab.
    let first = unsafe slot(at: start, in: slab)
    let last = unsafe min(
      slot(at: start &+ (pageSize &- 1), in: slab), Int(slab.pointee.slots) &- 1)
    guard first <= last else { return 0 }
    return (~0 &>> UInt64(truncatingIfNeeded: 63 &- (last &- first)))
      &<< UInt64(truncatingIfNeeded: first)
  }

  /// The number of bytes for the two objects of a page.
  static var room: Int { pageSize &- headerSize }

  /// The number of bytes for the next object beside the only one.
  @unsafe @inline(__always)
  static func room(in slab: UnsafeMutablePointer<SlabHeader>, beside used: UInt64) -> UInt16 {
    // SAFETY: the caller owns the slab.
    unsafe UInt16(truncatingIfNeeded: room)
      &- (used & 1 != 0 ? slab.pointee.front : slab.pointee.back)
  }

  /// The bits of the slots before and after a slot, among three bits.
  static var besideMask: UInt8 { 0b101 }

  /// Sizes of objects are rounded up to a multiple of this number of bytes.
  static var grain: Int { 16 }
}
