// SPDX-License-Identifier: GPL-2.0-only
// The limits of a disk that lies on another block device.
// C header: include/linux/blkdev.h (struct queue_limits)

internal import CKernel

/// The limits of a device, as a disk on it inherits them. A limit is nil if the device does not
/// support the operation.
public struct StackedLimits: Sendable {
  /// The smallest unit of a read or a write, in bytes.
  public let logicalBlockSize: Int

  /// The smallest unit that the device writes without a read-modify-write, in bytes.
  public let physicalBlockSize: Int

  /// The largest transfer.
  public let maximumTransfer: Sector

  /// The largest discard.
  public let maximumDiscard: Sector?

  /// The unit of discards, in bytes. Has a meaning only if `maximumDiscard` is not nil.
  public let discardGranularity: Int

  /// The largest write of zeroes without data.
  public let maximumWriteZeroes: Sector?

  /// The largest secure erase.
  public let maximumSecureErase: Sector?

  /// The alignment of the memory for I/O in bytes, minus one.
  public let memoryAlignmentMask: Int

  /// Whether the device has a write cache, which a flush empties.
  public let hasWriteCache: Bool

  /// Whether the device can make a single write durable.
  public let supportsForcedUnitAccess: Bool

  /// Whether the device is rotational.
  public let isRotational: Bool

  /// Whether the memory of a write must not change while the write is in flight.
  public let wantsStableWrites: Bool

  /// Whether the device is zoned.
  public let isZoned: Bool

  /// Whether the start sector is aligned to the device's physical blocks.
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

  private static func sectors(_ count: UInt32) -> Sector? {
    count == 0 ? nil : Sector(UInt64(count))
  }
}
