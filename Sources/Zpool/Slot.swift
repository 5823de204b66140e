// SPDX-License-Identifier: GPL-2.0-only
// The handle of an object.

internal import CKernel
public import Kernel

/// An object in a block: the one handle of it, which whoever frees the object gives up. It takes one word.
///
/// Invariant: `raw` is the object's address, a multiple of 16, plus the number of its first page in its block, which is less than that: so the
/// address is had without looking at the block, and the block, at whose start a `BlockHeader` lies, as well. The slot of that block is used.
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
    raw = UInt(bitPattern: block) &+ UInt(truncatingIfNeeded: offset &+ offset &>> pageShift)
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
    let start = raw & pageMask &- (raw & Slot.pageNumbers) &<< UInt(truncatingIfNeeded: pageShift)
    // SAFETY: the type's invariant: such an address is never null.
    return unsafe UnsafeMutablePointer(bitPattern: start).unsafelyUnwrapped
  }

  /// The bits of `raw` that are not the address's.
  private static var pageNumbers: UInt { UInt(APUS_SLOT_PAGE_NUMBERS.rawValue) }

  @inline(__always)
  var index: Int {
    // SAFETY: the type's invariant.
    let block = unsafe block
    let offset = unsafe address - UnsafeMutableRawPointer(block) &- BlockLayout.headerSize
    // In a block with an object at either end the first one begins behind the header.
    if unsafe block.pointee.slotSize == 0 { return offset == 0 ? 0 : 1 }
    return unsafe BlockLayout.slot(at: offset, in: block)
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
    unsafe UnsafeMutableRawPointer(bitPattern: raw & ~Slot.pageNumbers).unsafelyUnwrapped
  }

  /// How many bytes the object has: as many as were asked for, or more.
  @inline(__always)
  package var capacity: Int {
    // SAFETY: as above.
    let slotSize = unsafe Int(block.pointee.slotSize)
    // (Which slot it is matters in a block with an object at either end alone.)
    if slotSize != 0 { return slotSize }
    return unsafe Int(index == 0 ? block.pointee.front : block.pointee.back)
  }
}
