// SPDX-License-Identifier: GPL-2.0-only
// What a disk can do, and in which units.
// C header: include/linux/blkdev.h (struct queue_limits)

public import Block

/// A disk's limits. What is left at its default is the block layer's default.
///
/// They are checked when the disk is made: what is wrong is named in the log, and no disk is made. Nothing is rounded to something
/// that would do, as the block layer does.
public struct DiskLimits: Sendable {
  /// The smallest unit that can be read or written, in bytes: a power of two, 512 at least and a page at most.
  public var logicalBlockSize: Int

  /// The smallest unit that can be written without reading first, in bytes: a power of two; nil for the logical block size.
  public var physicalBlockSize: Int?

  /// How far the first logical block lies within a physical one, in bytes: less than the physical block size.
  public var alignmentOffset: Int = 0

  /// The smallest transfer that is not slow, in bytes: a multiple of the physical block size, which it is if nil; 1 GiB at most.
  /// The corresponding C field is `io_min`.
  public var minimumTransfer: Int?

  /// The size of transfers that is best, in bytes: a multiple of the physical block size; nil if there is none.
  /// The corresponding C field is `io_opt`.
  public var optimalTransfer: Int?

  /// The largest request, a page at least; nil for the block layer's default. The corresponding C field is `max_hw_sectors`.
  public var maximumTransfer: Sector?

  /// A request does not reach beyond a multiple of this; nil if it may. A power of two. The corresponding C field is `chunk_sectors`.
  public var chunk: Sector?

  /// The most segments of memory of a request, `1...65535`; nil for the block layer's default. Not 1 where a block may lie in two
  /// pages: where `memoryAlignment` is less than the logical block size.
  public var maximumSegments: Int?

  /// The largest segment of memory in bytes, a page at least; nil for the block layer's default. None with a virtual boundary.
  public var maximumSegmentSize: Int?

  /// A segment does not reach beyond a multiple of this address, in bytes: a power of two, a page at least; nil for the block
  /// layer's default. The corresponding C field is `seg_boundary_mask`, which is one less.
  public var segmentBoundary: Int?

  /// Between two segments there is no gap but at a multiple of this address, in bytes: a power of two, 512 at least; nil if there may
  /// be. A page at most where a block may lie in two pages. The corresponding C field is `virt_boundary_mask`, which is one less.
  public var virtualBoundary: Int?

  /// Memory for direct I/O begins and ends at multiples of this address, in bytes: a power of two, 4 at least and a page at most; nil
  /// for a sector. The corresponding C field is `dma_alignment`, which is one less.
  public var memoryAlignment: Int?

  /// The largest discard; nil when the device does not discard.
  public var maximumDiscard: Sector?

  /// The most ranges of a discard, `1...65535`; nil for 1.
  public var maximumDiscardSegments: Int?

  /// The unit of discards in bytes, a multiple of the physical block size, which it is if nil; 1 GiB at most.
  public var discardGranularity: Int?

  /// How far the first unit of discards lies within the disk, in bytes: less than that unit, and whole sectors.
  public var discardAlignment: Int = 0

  /// The largest secure erase; nil when the device has no such operation.
  public var maximumSecureErase: Sector?

  /// The largest write of zeroes without data; nil when the device has no such operation.
  public var maximumWriteZeroes: Sector?

  /// Whether the device has a write cache that a flush empties.
  public var hasWriteCache: Bool

  /// Whether single writes can be made durable.
  public var supportsForcedUnitAccess: Bool

  /// Whether the device rotates, so that distances matter.
  public var isRotational: Bool = false

  /// Whether the times of its requests are random enough to be added to the kernel's randomness.
  public var addsRandomness: Bool = false

  /// Whether memory that is being written must not change meanwhile, such as for a checksum.
  public var wantsStableWrites: Bool = false

  /// Writes that are carried out wholly or not at all, whatever happens to the power; nil for a device without. Linux 6.11 and later.
  public var atomicWrites: AtomicWriteLimits?

  /// The zones; nil for a device without. The driver has `reportZones` then.
  public var zones: ZoneLimits?

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

  /// The largest number of sectors of one request: the block layer counts its bytes in 32 bits.
  public static var largestRequest: Sector { Sector(UInt64(UInt32.max >> 9)) }
}

/// The limits of writes that are carried out wholly or not at all, in bytes. Such a write has a length that is a power of two between the
/// units, and begins at a multiple of it.
/// C header: include/linux/blkdev.h (atomic_write_hw_max and its kind).
public struct AtomicWriteLimits: Sendable {
  /// The smallest such write: a power of two, a logical block at least.
  public var minimumUnit: Int

  /// The largest one that a program may ask for: a power of two. A request has to have room for it, however the program's memory lies.
  public var maximumUnit: Int

  /// The largest one that several of a program's may be merged into; the largest unit at least.
  public var maximum: Int

  /// Such a write does not reach beyond a multiple of this: a power of two; nil if it may.
  public var boundary: Int?

  public init(minimumUnit: Int, maximumUnit: Int, maximum: Int, boundary: Int? = nil) {
    self.minimumUnit = minimumUnit
    self.maximumUnit = maximumUnit
    self.maximum = maximum
    self.boundary = boundary
  }
}

/// The limits of a disk with zones, which are written from the beginning to the end.
/// C header: include/linux/blkdev.h.
public struct ZoneLimits: Sendable {
  /// The size of each zone but the last, which may be smaller: a power of two.
  public var size: Sector

  /// How many zones may be open at a time; nil if all may. Not more than may be active.
  public var maximumOpen: Int?

  /// How many zones may be open or closed, which is neither empty nor full, at a time; nil if all may.
  public var maximumActive: Int?

  /// The largest append; nil when the device has no such operation. (6.9 and later emulate it then, with writes.)
  public var maximumAppend: Sector?

  public init(
    size: Sector, maximumOpen: Int? = nil, maximumActive: Int? = nil, maximumAppend: Sector? = nil
  ) {
    self.size = size
    self.maximumOpen = maximumOpen
    self.maximumActive = maximumActive
    self.maximumAppend = maximumAppend
  }
}
