// SPDX-License-Identifier: GPL-2.0-only
// What a disk can do, and in which units.
// C header: include/linux/blkdev.h (struct queue_limits)

internal import CKernel
public import Block
public import Kernel

/// A disk's limits. What is left at its default is the block layer's default.
public struct DiskLimits: Sendable {
  /// The smallest unit that can be read or written, in bytes: a power of two, 512 at least and a page at most.
  public var logicalBlockSize: Int

  /// The smallest unit that can be written without reading first, in bytes; nil for the logical block size.
  public var physicalBlockSize: Int?

  /// The largest request; nil for the block layer's default.
  public var maximumTransfer: Sector?

  /// The largest discard; nil when the device does not discard.
  public var maximumDiscard: Sector?

  /// The largest write of zeroes without data; nil when the device has no such operation.
  public var maximumWriteZeroes: Sector?

  /// Whether the device has a write cache that a flush empties.
  public var hasWriteCache: Bool

  /// Whether single writes can be made durable.
  public var supportsForcedUnitAccess: Bool

  public init(
    logicalBlockSize: Int = 512, physicalBlockSize: Int? = nil, maximumTransfer: Sector? = nil,
    maximumDiscard: Sector? = nil, maximumWriteZeroes: Sector? = nil, hasWriteCache: Bool = false,
    supportsForcedUnitAccess: Bool = false
  ) {
    self.logicalBlockSize = logicalBlockSize
    self.physicalBlockSize = physicalBlockSize
    self.maximumTransfer = maximumTransfer
    self.maximumDiscard = maximumDiscard
    self.maximumWriteZeroes = maximumWriteZeroes
    self.hasWriteCache = hasWriteCache
    self.supportsForcedUnitAccess = supportsForcedUnitAccess
  }

  /// The limits as C wants them, after every check.
  ///
  /// Throws: `invalidArgument`, with a line in the log that names what is wrong.
  func checked(capacity: Sector) throws(Errno) -> apus_limits {
    let logical = logicalBlockSize
    let physical = physicalBlockSize ?? logical
    guard DiskLimits.isBlockSize(logical), logical <= pageSize else {
      log(.error, "block size \(logical) is not a power of two between 512 and \(pageSize)")
      throw .invalidArgument
    }
    guard DiskLimits.isBlockSize(physical), physical >= logical, physical <= 1 << 30 else {
      log(.error, "physical block size \(physical) is not a power of two of at least the block size \(logical)")
      throw .invalidArgument
    }
    guard capacity <= Sector.maximum else {
      log(.error, "capacity of \(capacity.count) sectors is beyond the largest device")
      throw .invalidArgument
    }
    guard capacity.count % UInt64(truncatingIfNeeded: logical / Sector.byteCount) == 0 else {
      log(.error, "capacity of \(capacity.count) sectors is not a multiple of the block size \(logical)")
      throw .invalidArgument
    }
    guard !supportsForcedUnitAccess || hasWriteCache else {
      log(.error, "forced unit access without a write cache")
      throw .invalidArgument
    }
    var limits = apus_limits()
    limits.logical_block_size = UInt32(truncatingIfNeeded: logical)
    limits.physical_block_size = UInt32(truncatingIfNeeded: physical)
    limits.max_hw_sectors = try DiskLimits.sectors(maximumTransfer, "transfer")
    limits.max_discard_sectors = try DiskLimits.sectors(maximumDiscard, "discard")
    limits.discard_granularity = UInt32(truncatingIfNeeded: logical)
    limits.max_write_zeroes_sectors = try DiskLimits.sectors(maximumWriteZeroes, "write of zeroes")
    limits.write_cache = hasWriteCache
    limits.fua = supportsForcedUnitAccess
    limits.rotational = false
    return limits
  }

  private static func isBlockSize(_ size: Int) -> Bool { size >= 512 && size & (size &- 1) == 0 }

  private static func sectors(_ limit: Sector?, _ name: Literal) throws(Errno) -> UInt32 {
    guard let limit else { return 0 }
    // The block layer counts the bytes of a request in 32 bits.
    guard limit.count > 0, limit.count <= UInt64(UInt32.max >> 9) else {
      log(.error, "largest \(name) of \(limit.count) sectors is not between 1 and \(UInt32.max >> 9)")
      throw .invalidArgument
    }
    return UInt32(truncatingIfNeeded: limit.count)
  }
}
