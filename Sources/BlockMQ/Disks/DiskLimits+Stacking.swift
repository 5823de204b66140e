// SPDX-License-Identifier: GPL-2.0-only
// The limits of a disk that is stacked on another device.

public import Block

extension DiskLimits {
  /// The limits that a disk inherits from the device below it: block sizes, the largest transfer,
  /// and the operations that the device supports besides reads and writes.
  public init(stackedOn limits: StackedLimits) {
    let block = limits.logicalBlockSize
    self.init(
      logicalBlockSize: block, physicalBlockSize: limits.physicalBlockSize,
      maximumTransfer: Self.capped(limits.maximumTransfer, block),
      maximumDiscard: limits.maximumDiscard.map { Self.capped($0, block) },
      maximumWriteZeroes: limits.maximumWriteZeroes.map { Self.capped($0, block) },
      hasWriteCache: limits.hasWriteCache,
      supportsForcedUnitAccess: limits.supportsForcedUnitAccess)
    isRotational = limits.isRotational
    wantsStableWrites = limits.wantsStableWrites
  }

  /// Limits a number of sectors to whole blocks whose bytes fit into 32 bits, in which the block
  /// layer counts the bytes of a request.
  private static func capped(_ sectors: Sector, _ blockSize: Int) -> Sector {
    let mask = UInt64(truncatingIfNeeded: blockSize &>> Int(Sector.shift)) &- 1
    return Sector(min(sectors, Sector(UInt64((UInt32.max >> 9) & ~7))).count & ~mask)
  }
}
