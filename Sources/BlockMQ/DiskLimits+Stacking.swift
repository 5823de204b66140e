// SPDX-License-Identifier: GPL-2.0-only
// The limits of a disk that lies on another device.

public import Block

extension DiskLimits {
  /// The limits that a disk inherits from the device that it lies on: block sizes, the largest transfer, and what the device can
  /// do besides reading and writing.
  public init(stackedOn limits: StackedLimits) {
    let block = limits.logicalBlockSize
    self.init(
      logicalBlockSize: block, physicalBlockSize: limits.physicalBlockSize,
      maximumTransfer: Self.capped(limits.maximumTransfer, block),
      maximumDiscard: limits.maximumDiscard.map { Self.capped($0, block) },
      maximumWriteZeroes: limits.maximumWriteZeroes.map { Self.capped($0, block) }, hasWriteCache: limits.hasWriteCache,
      supportsForcedUnitAccess: limits.supportsForcedUnitAccess)
    isRotational = limits.isRotational
    wantsStableWrites = limits.wantsStableWrites
  }

  /// The block layer counts the bytes of a request in 32 bits; whole blocks.
  private static func capped(_ sectors: Sector, _ blockSize: Int) -> Sector {
    let mask = UInt64(truncatingIfNeeded: blockSize &>> Int(Sector.shift)) &- 1
    return Sector(min(sectors, Sector(UInt64((UInt32.max >> 9) & ~7))).count & ~mask)
  }
}
