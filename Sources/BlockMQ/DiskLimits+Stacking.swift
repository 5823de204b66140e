// SPDX-License-Identifier: GPL-2.0-only
// The limits of a disk that lies on another device.

public import Block

extension DiskLimits {
  /// The limits that a disk inherits from the device that it lies on: block sizes, the largest transfer, and what the device can
  /// do besides reading and writing.
  public init(stackedOn limits: StackedLimits) {
    self.init(
      logicalBlockSize: limits.logicalBlockSize, physicalBlockSize: limits.physicalBlockSize,
      maximumTransfer: Self.capped(limits.maximumTransfer), maximumDiscard: limits.maximumDiscard.map(Self.capped),
      maximumWriteZeroes: limits.maximumWriteZeroes.map(Self.capped), hasWriteCache: limits.hasWriteCache,
      supportsForcedUnitAccess: limits.supportsForcedUnitAccess)
  }

  /// The block layer counts the bytes of a request in 32 bits; whole pages, so that all is whole blocks.
  private static func capped(_ sectors: Sector) -> Sector { min(sectors, Sector(UInt64((UInt32.max >> 9) & ~7))) }
}
