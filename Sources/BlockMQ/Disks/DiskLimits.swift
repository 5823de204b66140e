// SPDX-License-Identifier: GPL-2.0-only
// The limits of a disk: what it supports, and in which units.
// C header: include/linux/blkdev.h (struct queue_limits)

public import Block

/// The limits of a disk. A limit that is left at its default is the block layer's default.
///
/// The library checks the limits when the disk is made. If one is wrong, the log names it and the
/// disk is not made. Unlike the block layer, the library does not round a wrong limit to a valid
/// one.
public struct DiskLimits: Sendable {
  /// The smallest unit of reads and writes, in bytes: a power of two, at least 512 and at most a
  /// page.
  public var logicalBlockSize: Int

  /// The smallest unit that the device can write without a read-modify-write, in bytes: a power of
  /// two; nil for the logical block size.
  public var physicalBlockSize: Int?

  /// The offset of the first logical block within a physical block, in bytes: less than the
  /// physical block size.
  public var alignmentOffset: Int = 0

  /// The smallest transfer that is not slow, in bytes: a multiple of the physical block size, at
  /// most 1 GiB; nil for the physical block size. The corresponding C field is `io_min`.
  public var minimumTransfer: Int?

  /// The preferred size of transfers, in bytes: a multiple of the physical block size; nil if there
  /// is none. The corresponding C field is `io_opt`.
  public var optimalTransfer: Int?

  /// The largest request, at least a page; nil for the block layer's default. The corresponding C
  /// field is `max_hw_sectors`.
  public var maximumTransfer: Sector?

  /// A request does not cross a multiple of this: a power of two; nil if there is no such boundary.
  /// The corresponding C field is `chunk_sectors`.
  public var chunk: Sector?

  /// The largest number of memory segments of a request, `1...65535`; nil for the block layer's
  /// default. Must not be 1 if a block may span two pages, that is, if `memoryAlignment` is less
  /// than the logical block size.
  public var maximumSegments: Int?

  /// The largest memory segment, in bytes, at least a page; nil for the block layer's default. Must
  /// be nil with a virtual boundary.
  public var maximumSegmentSize: Int?

  /// A segment does not cross a multiple of this memory address, in bytes: a power of two, at least
  /// a page; nil for the block layer's default. The corresponding C field is `seg_boundary_mask`,
  /// which is one less.
  public var segmentBoundary: Int?

  /// Between two segments of a request there is a gap only at a multiple of this memory address, in
  /// bytes: a power of two, at least 512; at most a page if a block may span two pages; nil if gaps
  /// may be anywhere. The corresponding C field is `virt_boundary_mask`, which is one less.
  public var virtualBoundary: Int?

  /// The alignment of the start and the end of memory for direct I/O, in bytes: a power of two, at
  /// least 4 and at most a page; nil for a sector. The corresponding C field is `dma_alignment`,
  /// which is one less.
  public var memoryAlignment: Int?

  /// The largest discard; nil if the device does not support discards.
  public var maximumDiscard: Sector?

  /// The largest number of ranges of a discard, `1...65535`; nil for 1.
  public var maximumDiscardSegments: Int?

  /// The unit of discards, in bytes: a multiple of the physical block size, at most 1 GiB; nil for
  /// the physical block size.
  public var discardGranularity: Int?

  /// The offset of the first discard unit on the disk, in bytes: whole sectors, less than the unit.
  public var discardAlignment: Int = 0

  /// The largest secure erase; nil if the device does not support it.
  public var maximumSecureErase: Sector?

  /// The largest write of zeroes without data; nil if the device does not support it.
  public var maximumWriteZeroes: Sector?

  /// Whether the device has a volatile write cache, which a flush writes back.
  public var hasWriteCache: Bool

  /// Whether the device supports forced unit access: single writes that are durable on completion.
  public var supportsForcedUnitAccess: Bool

  /// Whether the device rotates, so that seek distances matter.
  public var isRotational: Bool = false

  /// Whether the timing of requests is random enough to add to the kernel's entropy.
  public var addsRandomness: Bool = false

  /// Whether memory must not change while it is being written, for example because of a checksum.
  public var wantsStableWrites: Bool = false

  /// The limits of atomic writes, which a power failure cannot tear; nil if the device does not
  /// support them. Linux 6.11 and later.
  public var atomicWrites: AtomicWriteLimits?

  /// The limits of the zones; nil for a device without zones. With zones, the driver must implement
  /// `reportZones`.
  public var zones: ZoneLimits?

  /// Creates limits with the block layer's defaults, apart from the arguments. The other limits can
  /// be set afterwards. The library checks them when the disk is made.
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

  /// The largest number of sectors of a request: the block layer counts the bytes of a request in
  /// 32 bits.
  public static var largestRequest: Sector { Sector(UInt64(UInt32.max >> 9)) }
}

/// The limits of atomic writes, in bytes.
///
/// An atomic write is carried out wholly or not at all. Its length is a power of two between the
/// units, and it begins at a multiple of its length.
/// C header: include/linux/blkdev.h (atomic_write_hw_max and the like).
public struct AtomicWriteLimits: Sendable {
  /// The smallest atomic write: a power of two, at least a logical block.
  public var minimumUnit: Int

  /// The largest atomic write of a program: a power of two. It must fit into a request however the
  /// program's memory is laid out.
  public var maximumUnit: Int

  /// The largest request into which the block layer may merge atomic writes; at least
  /// `maximumUnit`.
  public var maximum: Int

  /// An atomic write does not cross a multiple of this: a power of two; nil if there is no such
  /// boundary.
  public var boundary: Int?

  /// Creates limits, in bytes. The library checks them when the disk is made.
  public init(minimumUnit: Int, maximumUnit: Int, maximum: Int, boundary: Int? = nil) {
    self.minimumUnit = minimumUnit
    self.maximumUnit = maximumUnit
    self.maximum = maximum
    self.boundary = boundary
  }
}

/// The limits of a disk with zones, which are written sequentially.
/// C header: include/linux/blkdev.h.
public struct ZoneLimits: Sendable {
  /// The size of each zone: a power of two. The last zone may be smaller.
  public var size: Sector

  /// The largest number of zones that may be open; nil if there is no limit. At most
  /// `maximumActive`.
  public var maximumOpen: Int?

  /// The largest number of zones that may be active, which means open or closed but neither empty
  /// nor full; nil if there is no limit.
  public var maximumActive: Int?

  /// The largest zone append; nil if the device does not support it. (Linux 6.10 and later then
  /// emulate it with writes.)
  public var maximumAppend: Sector?

  /// Creates limits; nil means that there is no limit, or for `maximumAppend` that the device does
  /// not support zone appends. The library checks them when the disk is made.
  public init(
    size: Sector, maximumOpen: Int? = nil, maximumActive: Int? = nil, maximumAppend: Sector? = nil
  ) {
    self.size = size
    self.maximumOpen = maximumOpen
    self.maximumActive = maximumActive
    self.maximumAppend = maximumAppend
  }
}
