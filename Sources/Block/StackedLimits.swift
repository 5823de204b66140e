// SPDX-License-Identifier: GPL-2.0-only
// What a disk that lies on another block device can promise.
// C header: include/linux/blkdev.h (struct queue_limits)

internal import CKernel

/// The limits of a device as a disk on it inherits them; nil where the device has no such operation.
public struct StackedLimits: Sendable {
  /// The smallest unit that can be read or written, in bytes.
  public let logicalBlockSize: Int

  /// The smallest unit that can be written without reading first, in bytes.
  public let physicalBlockSize: Int

  /// The largest transfer.
  public let maximumTransfer: Sector

  /// The largest discard, and its unit in bytes.
  public let maximumDiscard: Sector?
  public let discardGranularity: Int

  /// The largest write of zeroes without data.
  public let maximumWriteZeroes: Sector?

  /// The largest secure erase.
  public let maximumSecureErase: Sector?

  /// Memory for I/O is a multiple of this many bytes and one.
  public let memoryAlignmentMask: Int

  /// Whether there is a write cache that a flush empties.
  public let hasWriteCache: Bool

  /// Whether single writes can be made durable.
  public let supportsForcedUnitAccess: Bool

  /// Whether it rotates.
  public let isRotational: Bool

  /// Whether memory that is written must not change meanwhile.
  public let wantsStableWrites: Bool

  /// Whether it has zones.
  public let isZoned: Bool

  /// Whether the start lies where the device's physical blocks do.
  public let isAligned: Bool

  init(_ raw: apus_stacked_limits) {
    logicalBlockSize = Int(raw.logical_block_size)
    physicalBlockSize = Int(raw.physical_block_size)
    maximumTransfer = Sector(UInt64(raw.max_hw_sectors))
    maximumDiscard = Self.sectors(raw.max_discard_sectors)
    discardGranularity = Int(raw.discard_granularity)
    maximumWriteZeroes = Self.sectors(raw.max_write_zeroes_sectors)
    maximumSecureErase = Self.sectors(raw.max_secure_erase_sectors)
    memoryAlignmentMask = Int(raw.dma_alignment)
    hasWriteCache = raw.write_cache
    supportsForcedUnitAccess = raw.write_cache && raw.fua
    isRotational = raw.rotational
    wantsStableWrites = raw.stable_writes
    isZoned = raw.zoned
    isAligned = raw.aligned
  }

  private static func sectors(_ count: UInt32) -> Sector? { count == 0 ? nil : Sector(UInt64(count)) }
}
