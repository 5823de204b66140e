// SPDX-License-Identifier: GPL-2.0-only
// Pages that no object is on any more.
// C header: include/linux/gfp.h

internal import CKernel
internal import Kernel

/// Pages that a block has given up, owned: freed when the value ends, which may be after the lock that the block is behind.
///
/// Invariant: `raw` is a block's address, which is a page's, and in the lowest bits one for each page from there on that this value owns: so that none is
/// known by a null pointer, and handed around in a register.
@safe @frozen
public struct SparePages: ~Copyable, @unchecked Sendable {
  @usableFromInline let raw: UnsafeMutableRawPointer

  @unsafe @inline(__always)
  init(_ mask: UInt8, of block: UnsafeMutablePointer<BlockHeader>) {
    // INVARIANT: the caller owned them.
    unsafe raw = UnsafeMutableRawPointer(block) + Int(mask)
  }

  deinit {
    // SAFETY: the type's invariant.
    unsafe apus_block_free(raw - Int(mask), UInt32(mask))
  }

  /// Which they are.
  private var mask: UInt8 {
    // SAFETY: the type's invariant.
    unsafe UInt8(truncatingIfNeeded: UInt(bitPattern: raw))
  }

  /// How many they are.
  public var count: Int { mask.nonzeroBitCount }
}
