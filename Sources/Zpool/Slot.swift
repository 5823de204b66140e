// SPDX-License-Identifier: GPL-2.0-only
// The handle of an object.

internal import CKernel
public import Kernel

/// The only handle of an object in a slab.
///
/// The code that frees the object gives the slot up. A slot takes one word.
///
/// Invariant: `raw` is the object's address divided by 8, with a number in its three highest bits.
/// The address is a multiple of 16. The number, 0 to 7, is that of the object's first page in its
/// slab. So one shift gives the address, which is one instruction in C's `map`. The address of the
/// slab, which starts with a `SlabHeader`, also follows from `raw` without a memory access. The
/// slot of that slab is used. The slab stays as long as the slot: neither a slab with used slots
/// nor a page of a used slot is freed.
@frozen
public struct Slot: ~Copyable, Sendable {
  @usableFromInline let raw: UInt

  @inline(__always)
  init(slab: UnsafeMutablePointer<SlabHeader>, index: Int) {
    // SAFETY: the caller passes a valid slab.
    let offset = unsafe SlabLayout.offset(of: index, in: slab)
    // INVARIANT: the slab has just marked this slot as used. The slab is page-aligned and has at
    // most 8 pages. All offsets in it are multiples of 16.
    let page = UInt(bitPattern: offset) &>> UInt(bitPattern: Kernel.pageShift)
    raw =
      (UInt(bitPattern: slab) &+ UInt(bitPattern: offset)) &>> Slot.addressShift | page
      &<< Slot.pageShift
  }

  /// Takes back the number that `take` returned, which C or a table of objects has kept.
  @unsafe
  package init(raw: UInt) {
    // INVARIANT: the caller has the number from `take`, and gives it up.
    self.raw = raw
  }

  /// Returns the number, which C or a table of objects keeps.
  @unsafe
  package consuming func take() -> UInt { raw }

  @unsafe @inline(__always)
  var slab: UnsafeMutablePointer<SlabHeader> {
    let page = raw &>> Slot.pageShift
    let start =
      (raw &<< Slot.addressShift) & pageMask &- page &<< UInt(bitPattern: Kernel.pageShift)
    // SAFETY: the type's invariant: the address is not null.
    return unsafe UnsafeMutablePointer(bitPattern: start).unsafelyUnwrapped
  }

  /// The shift that turns `raw` into the address. C's `map` uses it as well.
  private static var addressShift: UInt { UInt(APUS_SLOT_ADDRESS_SHIFT.rawValue) }

  /// The position of the page's number.
  private static var pageShift: UInt { UInt(UInt.bitWidth) &- addressShift }

  /// The number of the slot in its slab, which has slots of one size.
  @unsafe @inline(__always)
  func index(in slab: UnsafeMutablePointer<SlabHeader>) -> Int {
    // SAFETY: the slot is used, so its slab exists, and is the one that the caller passes.
    unsafe SlabLayout.slot(
      at: address - UnsafeMutableRawPointer(slab) &- SlabLayout.headerSize, in: slab)
  }

  /// The slot's bit in a slab with an object at either end.
  @inline(__always)
  var endBit: UInt64 { isFront ? 1 : 2 }

  /// Whether the object is the first one in a slab with an object at either end.
  ///
  /// Such an object begins after the header.
  @inline(__always)
  var isFront: Bool {
    let offset = raw & ~pageMask &>> Slot.addressShift
    return offset == UInt(bitPattern: SlabLayout.headerSize) &>> Slot.addressShift
  }

  /// The tag of the slab.
  @inline(__always)
  public var tag: Int {
    // SAFETY: the type's invariant; the tag does not change.
    Int(unsafe slab.pointee.tag)
  }

  /// The address of the object, which does not change.
  @unsafe @inline(__always)
  package var address: UnsafeMutableRawPointer {
    // SAFETY: the type's invariant: the address is not null, and does not change while the slot is
    // used.
    unsafe UnsafeMutableRawPointer(bitPattern: raw &<< Slot.addressShift).unsafelyUnwrapped
  }

  /// Whether the objects of this slot's slab are given to this kind of client only.
  ///
  /// On kernels until 6.7, this claims the slab for that kind if it has none yet. Later kernels do
  /// not ask for evictions, and the result is always true.
  @inline(__always)
  func isFor(_ client: UInt8) -> Bool {
    // SAFETY: the type's invariant; the field is changed once, atomically.
    unsafe apus_compat_slab_claim(&slab.pointee.client, client)
  }

  /// The number of bytes of the object, at least the requested number.
  @inline(__always)
  package var capacity: Int {
    // SAFETY: the type's invariant; these sizes do not change while the slot is used.
    let slotSize = unsafe Int(slab.pointee.slotSize)
    // The end matters only in a slab with an object at either end.
    if slotSize != 0 { return slotSize }
    return unsafe Int(isFront ? slab.pointee.front : slab.pointee.back)
  }
}
