// SPDX-License-Identifier: GPL-2.0-only
// Pages that no object is on any more.
// C header: include/linux/gfp.h

internal import CKernel
internal import Kernel

/// Pages that a block has given up, owned: freed when the value ends, which may be after the lock that the block is behind.
///
/// Invariant: `mask` has a bit for each page from `block`'s address on that this value owns.
@safe @frozen
public struct SparePages: ~Copyable, @unchecked Sendable {
  @usableFromInline let block: UnsafeMutableRawPointer
  @usableFromInline let mask: UInt8

  @unsafe @inline(__always)
  init(_ mask: UInt8, of block: UnsafeMutablePointer<BlockHeader>) {
    // INVARIANT: the caller owned them.
    unsafe self.block = UnsafeMutableRawPointer(block)
    self.mask = mask
  }

  deinit {
    // SAFETY: the type's invariant.
    unsafe apus_block_free(block, UInt32(mask))
  }

  /// How many they are.
  public var count: Int { mask.nonzeroBitCount }
}
