// SPDX-License-Identifier: GPL-2.0-only
// The handle of an object.

internal import CKernel
public import Kernel

/// An object in a block: the one handle of it, which whoever frees the object gives up. It takes one word.
///
/// Invariant: `raw` is an eighth of the object's address, which is a multiple of 16, with the number of the object's first page in its block, 0 to 7, in the
/// three highest bits: so the address is had by one shift, which is one instruction in C's `map`, and the block, at whose start a
/// `BlockHeader` lies, without looking at it. The slot of that block is used.
/// The block stays as long as the slot: blocks with used slots are not freed, nor are the pages of used slots.
@frozen
public struct Slot: ~Copyable, Sendable {
  @usableFromInline let raw: UInt

  @inline(__always)
  init(block: UnsafeMutablePointer<BlockHeader>, index: Int) {
    // SAFETY: the caller has the block.
    let offset = unsafe BlockLayout.offset(of: index, in: block)
    // INVARIANT: the block has just marked this slot as used. It is aligned to a page, and has 8 pages at most; all offsets in it are
    // multiples of 16.
    let page = UInt(bitPattern: offset) &>> UInt(bitPattern: Kernel.pageShift)
    raw = (UInt(bitPattern: block) &+ UInt(bitPattern: offset)) &>> Slot.addressShift | page &<< Slot.pageShift
  }

  /// Takes back what `take` gave: the number that C, or a table of objects, has kept.
  @unsafe
  package init(raw: UInt) {
    // INVARIANT: the caller had it from `take`, and gives it up.
    self.raw = raw
  }

  /// Gives the number, for C or a table to keep.
  @unsafe
  package consuming func take() -> UInt { raw }

  @unsafe @inline(__always)
  var block: UnsafeMutablePointer<BlockHeader> {
    let page = raw &>> Slot.pageShift
    let start = (raw &<< Slot.addressShift) & pageMask &- page &<< UInt(bitPattern: Kernel.pageShift)
    // SAFETY: the type's invariant: such an address is never null.
    return unsafe UnsafeMutablePointer(bitPattern: start).unsafelyUnwrapped
  }

  /// By how much `raw` is shifted to give the address. C's `map` does it as well.
  private static var addressShift: UInt { UInt(APUS_SLOT_ADDRESS_SHIFT.rawValue) }

  /// Where the page's number begins.
  private static var pageShift: UInt { UInt(UInt.bitWidth) &- addressShift }

  /// The number of the slot in its block, which has slots of one size.
  @unsafe @inline(__always)
  func index(in block: UnsafeMutablePointer<BlockHeader>) -> Int {
    // SAFETY: the type's invariant.
    unsafe BlockLayout.slot(at: address - UnsafeMutableRawPointer(block) &- BlockLayout.headerSize, in: block)
  }

  /// Its bit in a block with an object at either end.
  @inline(__always)
  var endBit: UInt64 { isFront ? 1 : 2 }

  /// Whether it is the first one in a block with an object at either end: it begins behind the header.
  @inline(__always)
  var isFront: Bool {
    let offset = raw & ~pageMask &>> Slot.addressShift
    return offset == UInt(bitPattern: BlockLayout.headerSize) &>> Slot.addressShift
  }

  /// What its block was marked with.
  @inline(__always)
  public var tag: Int {
    // SAFETY: the type's invariant; it does not change.
    Int(unsafe block.pointee.tag)
  }

  /// Where the object is. It stays there.
  @unsafe @inline(__always)
  package var address: UnsafeMutableRawPointer {
    // SAFETY: the type's invariant: such an address is never null. The place of a used slot does not change.
    unsafe UnsafeMutableRawPointer(bitPattern: raw &<< Slot.addressShift).unsafelyUnwrapped
  }

  /// Whether objects of its block are given to this kind of client alone.
  @inline(__always)
  func isFor(_ client: UInt8) -> Bool {
    // SAFETY: the type's invariant; it is changed once, atomically.
    unsafe apus_compat_block_claim(&block.pointee.client, client)
  }

  /// How many bytes the object has: as many as were asked for, or more.
  @inline(__always)
  package var capacity: Int {
    // SAFETY: as above.
    let slotSize = unsafe Int(block.pointee.slotSize)
    // (Which slot it is matters in a block with an object at either end alone.)
    if slotSize != 0 { return slotSize }
    return unsafe Int(isFront ? block.pointee.front : block.pointee.back)
  }
}
