// SPDX-License-Identifier: GPL-2.0-only
// The handle of an object.

internal import CKernel
public import Kernel

/// An object in a block: the one handle of it, which whoever frees the object gives up. It takes one word.
///
/// Invariant: `raw` is a block's address, at which a `BlockHeader` begins, plus the number of a slot of that block that is used.
/// The block stays as long as the slot: blocks with used slots are not freed.
@frozen
public struct Slot: ~Copyable, Sendable {
  @usableFromInline let raw: UInt

  init(block: UnsafeMutablePointer<BlockHeader>, index: Int) {
    // INVARIANT: the block has just marked this slot as used. It is aligned to a page, and has 64 slots at most.
    raw = UInt(bitPattern: block) | UInt(truncatingIfNeeded: index)
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
    // SAFETY: the type's invariant: such an address is never null.
    unsafe UnsafeMutablePointer(bitPattern: raw & pageMask).unsafelyUnwrapped
  }

  @inline(__always)
  var index: Int { Int(truncatingIfNeeded: raw & ~pageMask) }

  /// What its block was marked with.
  @inline(__always)
  public var tag: Int {
    // SAFETY: the type's invariant; it does not change.
    Int(unsafe block.pointee.tag)
  }

  /// Where the object is. It stays there.
  @unsafe @inline(__always)
  package var address: UnsafeMutableRawPointer {
    // SAFETY: the type's invariant; the place of a used slot does not change.
    unsafe UnsafeMutableRawPointer(block) + BlockLayout.offset(of: index, in: block)
  }

  /// How many bytes the object has: as many as were asked for, or more.
  @inline(__always)
  package var capacity: Int {
    // SAFETY: as above.
    unsafe BlockLayout.capacity(of: index, in: block)
  }
}
