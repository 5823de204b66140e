// SPDX-License-Identifier: GPL-2.0-only
// The limits of apusdisk0, and variants with one invalid limit each.

import BlockMQ
import Kernel

enum Limits {
  /// Sets every limit, each to a different number.
  static func all() -> DiskLimits {
    var limits = DiskLimits(
      logicalBlockSize: 1024, physicalBlockSize: 4096, maximumTransfer: Sector(512),
      maximumDiscard: Sector(65536),
      maximumWriteZeroes: Sector(8192), hasWriteCache: true, supportsForcedUnitAccess: true)
    limits.alignmentOffset = 1024
    limits.minimumTransfer = 8192
    limits.optimalTransfer = 65536
    limits.chunk = Sector(256)
    limits.maximumSegments = 17
    limits.segmentBoundary = 1 << 20
    limits.memoryAlignment = 16
    limits.maximumDiscardSegments = 3
    limits.discardGranularity = 12288
    limits.discardAlignment = 1024
    limits.maximumSecureErase = Sector(4096)
    limits.isRotational = true
    limits.addsRandomness = true
    limits.wantsStableWrites = true
    if KernelConfiguration.isAtLeast(6, 11) { limits.atomicWrites = atomicWrites }
    if DisksModule.hasVirtualBoundary {
      limits.virtualBoundary = 4096
    } else {
      limits.maximumSegmentSize = 16384
    }
    return limits
  }

  static var atomicWrites: AtomicWriteLimits {
    AtomicWriteLimits(minimumUnit: 2048, maximumUnit: 32768, maximum: 131_072, boundary: 65536)
  }

  /// Returns the same limits with one invalid value, and the capacity. 0 changes nothing.
  static func wrong(_ number: Int) -> (DiskLimits, Sector) {
    var limits = all()
    switch number {
    case 1: limits.logicalBlockSize = 1000
    case 2: limits.logicalBlockSize = 256
    case 3: limits.logicalBlockSize = 8192
    case 4: limits.physicalBlockSize = 512
    case 5: limits.physicalBlockSize = 3072
    case 6: limits.alignmentOffset = 4096
    case 7: limits.minimumTransfer = 2048
    case 8: limits.optimalTransfer = 5000
    case 9: limits.maximumTransfer = Sector(7)
    case 10: limits.maximumTransfer = Sector(513)
    case 11: limits.maximumTransfer = Sector(1 << 40)
    case 12: limits.chunk = Sector(96)
    case 13: limits.maximumSegments = 0
    case 14: limits.maximumSegments = 65536
    case 15: limits.maximumSegmentSize = 512
    case 16: limits.virtualBoundary = 4096
    case 17: limits.segmentBoundary = 1024
    case 18: limits.segmentBoundary = 12288
    case 19:
      limits.maximumSegmentSize = nil
      limits.virtualBoundary = 100
    case 20: limits.memoryAlignment = 3
    case 21: limits.maximumDiscard = Sector(0)
    case 22: limits.maximumDiscard = Sector(8)
    case 23: limits.maximumDiscardSegments = -1
    case 24: limits.discardGranularity = 1024
    case 25: limits.discardAlignment = 12288
    case 26: limits.discardAlignment = 100
    case 27: limits.maximumSecureErase = Sector(4097)
    case 28: limits.maximumWriteZeroes = Sector(8191)
    case 29: limits.hasWriteCache = false
    case 30: return (limits, Sector(131_073))
    case 31: return (limits, Sector(UInt64.max))
    case 32: limits.maximumSegments = Int.min
    case 33: limits.optimalTransfer = Int.max
    case 34...39: limits.atomicWrites = wrongAtomicWrites(number)
    case 51: limits.minimumTransfer = 1 << 31
    case 52: limits.discardGranularity = 1 << 31
    case 53: limits.maximumSegments = 1
    case 54:
      limits.maximumSegmentSize = nil
      limits.virtualBoundary = 8192
    default: break
    }
    return (limits, Sector(131_072))
  }

  /// Returns the same limits for atomic writes with one invalid value. All of them are invalid on a
  /// kernel without atomic writes.
  static func wrongAtomicWrites(_ number: Int) -> AtomicWriteLimits {
    var writes = atomicWrites
    switch number {
    case 34: writes.minimumUnit = 512
    case 35: writes.maximumUnit = 65536
    case 36: writes.maximumUnit = 1024
    case 37: writes.maximum = 16384
    case 38: writes.boundary = 16384
    case 39: writes.boundary = 262_144
    default: break
    }
    return writes
  }

  /// Returns the limits of the disk with zones, with one invalid value for numbers from 40 on.
  static func zoned(_ number: Int) -> DiskLimits {
    var limits = DiskLimits(logicalBlockSize: pageSize)
    let append = DisksModule.largestAppend
    if DisksModule.hasZeroes {
      limits.maximumWriteZeroes = Sector(4 &* ZonedDisk.zoneSize)
    }
    var zones = ZoneLimits(
      size: Sector(ZonedDisk.zoneSize), maximumOpen: ZonedDisk.maximumOpen,
      maximumActive: ZonedDisk.maximumActive,
      maximumAppend: append > 0 ? Sector(UInt64(append)) : nil)
    switch number {
    case 40: zones.size = Sector(6144)
    case 41: zones.size = Sector(4)
    case 42: zones.size = Sector(1 << 20)
    case 43: zones.maximumOpen = 6
    case 44: zones.maximumActive = -1
    case 45: zones.maximumAppend = Sector(12)
    case 46: zones.maximumAppend = Sector(16384)
    case 48: zones.maximumOpen = 0
    case 49: zones.maximumActive = 1 << 20
    case 47: limits.chunk = Sector(64)
    default: break
    }
    limits.zones = zones
    return limits
  }
}
