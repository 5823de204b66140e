// SPDX-License-Identifier: GPL-2.0-only
// Pages that a slab has given up.
// C header: include/linux/gfp.h

internal import CKernel
internal import Kernel

/// Pages that a slab has given up, owned: freed when the value ends, which may be after the lock
/// of the slab is released.
///
/// Invariant: `raw` is the page-aligned address of the slab, with a bit among the lowest bits for
/// each page from there on that this value owns. So an optional value is one word, which is passed
/// in a register and is null for nil.
@safe @frozen
public struct SparePages: ~Copyable, @unchecked Sendable {
  @usableFromInline let raw: UnsafeMutableRawPointer

  @unsafe @inline(__always)
  init(_ mask: UInt8, of slab: UnsafeMutablePointer<SlabHeader>) {
    // INVARIANT: the caller owned the pages.
    unsafe raw = UnsafeMutableRawPointer(slab) + Int(mask)
  }

  deinit {
    // SAFETY: this value owns the pages of `mask`, and `raw` without the mask is the address of
    // their slab.
    unsafe apus_slab_free(raw - Int(mask), UInt32(mask))
  }

  /// The bits of the owned pages.
  private var mask: UInt8 {
    // SAFETY: the pointer is only converted to a number.
    unsafe UInt8(truncatingIfNeeded: UInt(bitPattern: raw))
  }

  /// The number of pages.
  public var count: Int { mask.nonzeroBitCount }
}
