// SPDX-License-Identifier: GPL-2.0-only
// The checks of a disk's limits. Each logs a line that names the wrong limit.
// C source: block/blk-settings.c (blk_validate_limits)

internal import CKernel
internal import Block
internal import Kernel

extension DiskLimits {
  /// Checks all limits and returns them in the form that C uses.
  ///
  /// Throws: `invalidArgument`, with a line in the log that names the wrong limit; `notSupported`
  /// for zones or atomic writes if the kernel does not support them.
  @inline(never)
  func checked(capacity: Sector) throws(Errno) -> apus_limits {
    var limits = apus_limits()
    try checkBlockSizes(&limits)
    try DiskLimits.check(capacity: capacity, blockSize: logicalBlockSize)
    try checkTransfers(&limits)
    try checkSegments(&limits)
    try checkDiscard(&limits)
    limits.max_secure_erase_sectors = try wholeBlocks(maximumSecureErase, "secure erase")
    limits.max_write_zeroes_sectors = try wholeBlocks(maximumWriteZeroes, "write of zeroes")
    try checkZones(&limits, capacity: capacity)
    try checkAtomicWrites(&limits)
    guard !supportsForcedUnitAccess || hasWriteCache else {
      log(.error, "forced unit access without a write cache")
      throw .invalidArgument
    }
    limits.flags |= flags
    return limits
  }

  /// Checks that a disk can have that size.
  static func check(capacity: Sector, blockSize: Int) throws(Errno) {
    guard capacity <= Sector.maximum else {
      log(.error, "capacity of \(capacity.count) sectors is beyond the largest device")
      throw .invalidArgument
    }
    guard isMultiple(capacity, of: blockSize) else {
      log(
        .error,
        "capacity of \(capacity.count) sectors is not a multiple of the block size \(blockSize)")
      throw .invalidArgument
    }
  }

  private var flags: UInt32 {
    var flags: UInt32 = 0
    if hasWriteCache { flags |= APUS_LIMIT_WRITE_CACHE.rawValue }
    if supportsForcedUnitAccess { flags |= APUS_LIMIT_FUA.rawValue }
    if isRotational { flags |= APUS_LIMIT_ROTATIONAL.rawValue }
    if addsRandomness { flags |= APUS_LIMIT_ADD_RANDOM.rawValue }
    if wantsStableWrites { flags |= APUS_LIMIT_STABLE_WRITES.rawValue }
    return flags
  }

  private func checkBlockSizes(_ limits: inout apus_limits) throws(Errno) {
    let logical = logicalBlockSize
    let physical = physicalBlockSize ?? logical
    guard DiskLimits.isPowerOfTwo(logical), logical >= Sector.byteCount, logical <= pageSize else {
      log(.error, "block size \(logical) is not a power of two between 512 and \(pageSize)")
      throw .invalidArgument
    }
    guard DiskLimits.isPowerOfTwo(physical), physical >= logical, physical <= 1 << 30 else {
      log(
        .error,
        "physical block size \(physical) is not a power of two of at least the block size \(logical)"
      )
      throw .invalidArgument
    }
    guard alignmentOffset >= 0, alignmentOffset < physical, alignmentOffset & (logical &- 1) == 0
    else {
      log(
        .error,
        "alignment offset \(alignmentOffset) is no multiple of \(logical) below the physical block size \(physical)"
      )
      throw .invalidArgument
    }
    limits.logical_block_size = UInt32(truncatingIfNeeded: logical)
    limits.physical_block_size = UInt32(truncatingIfNeeded: physical)
    limits.alignment_offset = UInt32(truncatingIfNeeded: alignmentOffset)
    limits.io_min = try DiskLimits.multiple(
      minimumTransfer, of: physical, "minimum transfer", upTo: Self.largestUnit)
    limits.io_opt = try DiskLimits.multiple(
      optimalTransfer, of: physical, "optimal transfer", upTo: Int(UInt32.max))
  }

  private func checkTransfers(_ limits: inout apus_limits) throws(Errno) {
    if let maximumTransfer {
      let page = UInt64(truncatingIfNeeded: pageSize / Sector.byteCount)
      guard maximumTransfer.count >= page, maximumTransfer <= DiskLimits.largestRequest,
        DiskLimits.isMultiple(maximumTransfer, of: logicalBlockSize)
      else {
        log(
          .error,
          "largest transfer of \(maximumTransfer.count) sectors is no multiple of the block size \(logicalBlockSize) between a page and 4 GiB"
        )
        throw .invalidArgument
      }
      limits.max_hw_sectors = UInt32(truncatingIfNeeded: maximumTransfer.count)
    }
    if let chunk {
      guard zones == nil else {
        log(.error, "a boundary of requests besides zones, which are one")
        throw .invalidArgument
      }
      guard chunk.count & (chunk.count &- 1) == 0, chunk.count > 0,
        chunk <= DiskLimits.largestRequest,
        DiskLimits.isMultiple(chunk, of: logicalBlockSize)
      else {
        log(
          .error,
          "boundary of requests of \(chunk.count) sectors is no power of two of at least the block size \(logicalBlockSize)"
        )
        throw .invalidArgument
      }
      limits.chunk_sectors = UInt32(truncatingIfNeeded: chunk.count)
    }
  }

  private func checkSegments(_ limits: inout apus_limits) throws(Errno) {
    limits.max_segments = try DiskLimits.number(maximumSegments, 1, 65535, "number of segments")
    if let size = maximumSegmentSize {
      guard virtualBoundary == nil else {
        log(.error, "largest segment of \(size) bytes besides a virtual boundary, which cuts them")
        throw .invalidArgument
      }
      limits.max_segment_size = try DiskLimits.number(
        size, pageSize, Int(UInt32.max), "size of a segment")
    }
    limits.seg_boundary_mask = try DiskLimits.mask(
      segmentBoundary, pageSize, 1 << 62, "boundary of segments")
    limits.virt_boundary_mask = try DiskLimits.mask(
      virtualBoundary, Sector.byteCount, 1 << 32, "virtual boundary")
    limits.dma_alignment = UInt32(
      truncatingIfNeeded: try DiskLimits.mask(memoryAlignment, 4, pageSize, "alignment of memory"))
    try checkBlocksInMemory()
  }

  /// A block may span two pages. If a request can hold only the first of them, Linux 6.1 splits the
  /// request into nothing and hits a BUG. (A function of its own, because KASAN's stack frames are
  /// large.)
  @inline(never)
  private func checkBlocksInMemory() throws(Errno) {
    guard memoryAlignment ?? Sector.byteCount < logicalBlockSize else { return }
    guard maximumSegments != 1 else {
      log(
        .error,
        "requests of one segment, where a block of \(logicalBlockSize) bytes may lie in two pages")
      throw .invalidArgument
    }
    if let virtualBoundary, virtualBoundary > pageSize {
      log(
        .error,
        "virtual boundary of \(virtualBoundary) bytes, where a block of \(logicalBlockSize) bytes may lie in two pages"
      )
      throw .invalidArgument
    }
  }

  private func checkDiscard(_ limits: inout apus_limits) throws(Errno) {
    let physical = Int(limits.physical_block_size)
    let granularity = discardGranularity ?? physical
    limits.discard_granularity = try DiskLimits.multiple(
      granularity, of: physical, "discard granularity", upTo: Self.largestUnit)
    guard discardAlignment >= 0, discardAlignment < granularity,
      discardAlignment & (Sector.byteCount &- 1) == 0
    else {
      log(
        .error,
        "discard alignment \(discardAlignment) is no number of sectors below the granularity \(granularity)"
      )
      throw .invalidArgument
    }
    limits.discard_alignment = UInt32(truncatingIfNeeded: discardAlignment)
    limits.max_discard_segments = try DiskLimits.number(
      maximumDiscardSegments, 1, 65535, "number of discarded ranges")
    // (The block layer aligns discards to the granularity itself.)
    limits.max_discard_sectors = try DiskLimits.sectors(maximumDiscard, "discard")
    guard let maximumDiscard else { return }
    guard maximumDiscard.count >= UInt64(truncatingIfNeeded: granularity &>> Int(Sector.shift))
    else {
      log(
        .error,
        "largest discard of \(maximumDiscard.count) sectors is less than the granularity \(granularity)"
      )
      throw .invalidArgument
    }
  }

  private func checkAtomicWrites(_ limits: inout apus_limits) throws(Errno) {
    guard let writes = atomicWrites else { return }
    // SAFETY: the function returns a constant.
    guard unsafe apus_has_atomic_writes() else {
      log(.error, "this kernel has no atomic writes: Linux 6.11 and later have")
      throw .notSupported
    }
    let (least, most) = (writes.minimumUnit, writes.maximumUnit)
    guard DiskLimits.isPowerOfTwo(least), least >= logicalBlockSize else {
      log(
        .error,
        "smallest atomic write of \(least) bytes is no power of two of at least the block size \(logicalBlockSize)"
      )
      throw .invalidArgument
    }
    guard DiskLimits.isPowerOfTwo(most), most >= least, most <= largestAtomicUnit else {
      log(
        .error,
        "largest atomic write of \(most) bytes is no power of two between the smallest and what a request has room for, \(largestAtomicUnit)"
      )
      throw .invalidArgument
    }
    guard writes.maximum >= most, writes.maximum <= Int(UInt32.max),
      writes.maximum & (logicalBlockSize &- 1) == 0
    else {
      log(
        .error,
        "largest merged atomic write of \(writes.maximum) bytes is no number of blocks of at least \(most) bytes"
      )
      throw .invalidArgument
    }
    if let boundary = writes.boundary {
      guard DiskLimits.isPowerOfTwo(boundary), boundary >= most, boundary <= 1 << 31,
        (chunk ?? zones?.size).map({
          $0.count & (UInt64(truncatingIfNeeded: boundary &>> 9) &- 1) == 0
        }) ?? true
      else {
        log(
          .error,
          "boundary of atomic writes of \(boundary) bytes is no power of two of at least \(most) that the boundary of requests is a multiple of"
        )
        throw .invalidArgument
      }
      limits.atomic_write_boundary = UInt32(truncatingIfNeeded: boundary)
    }
    limits.atomic_write_unit_min = UInt32(truncatingIfNeeded: least)
    limits.atomic_write_unit_max = UInt32(truncatingIfNeeded: most)
    limits.atomic_write_max = UInt32(truncatingIfNeeded: writes.maximum)
  }

  /// The number of bytes that fit into one request however the memory is laid out: what
  /// `blk_queue_max_guaranteed_bio` computes, limited by the largest transfer. (Both with the block
  /// layer's defaults.)
  private var largestAtomicUnit: Int {
    let segments = min(maximumSegments ?? 128, 256)
    let inSegments = min(segments, 2) &* logicalBlockSize &+ max(segments &- 2, 0) &* pageSize
    let transfer =
      Int(truncatingIfNeeded: min(maximumTransfer?.count ?? 255, 1 << 22)) &<< Int(Sector.shift)
    return min(inSegments, transfer)
  }

  private func checkZones(_ limits: inout apus_limits, capacity: Sector) throws(Errno) {
    guard let zones else { return }
    // SAFETY: the function returns a constant.
    guard unsafe apus_has_zones() else {
      log(.error, "this kernel has no zoned devices")
      throw .notSupported
    }
    let size = zones.size
    guard size.count & (size.count &- 1) == 0, size.count > 0, size.count <= 1 << 31,
      DiskLimits.isMultiple(size, of: logicalBlockSize)
    else {
      log(
        .error,
        "zone size of \(size.count) sectors is no power of two of at least the block size \(logicalBlockSize)"
      )
      throw .invalidArgument
    }
    guard size <= capacity else {
      log(
        .error,
        "zone size of \(size.count) sectors is larger than the capacity of \(capacity.count)")
      throw .invalidArgument
    }
    // (The block layer allocates a bit for each zone, in one piece.)
    guard (capacity.count &- 1) / size.count < DiskLimits.mostZones else {
      log(
        .error,
        "a capacity of \(capacity.count) sectors is more zones of \(size.count) than can be counted"
      )
      throw .invalidArgument
    }
    limits.flags |= APUS_LIMIT_ZONED.rawValue
    limits.chunk_sectors = UInt32(truncatingIfNeeded: size.count)
    limits.max_active_zones = try DiskLimits.number(
      zones.maximumActive, 1, DiskLimits.mostWrittenZones, "number of active zones")
    limits.max_open_zones = try DiskLimits.number(
      zones.maximumOpen, 1, DiskLimits.mostWrittenZones, "number of open zones")
    guard limits.max_active_zones == 0 || limits.max_open_zones <= limits.max_active_zones else {
      log(
        .error,
        "\(limits.max_open_zones) zones may be open, but only \(limits.max_active_zones) active")
      throw .invalidArgument
    }
    guard let append = zones.maximumAppend else { return }
    guard append.count > 0, append <= size, DiskLimits.isMultiple(append, of: logicalBlockSize)
    else {
      log(
        .error,
        "largest append of \(append.count) sectors is no multiple of the block size \(logicalBlockSize) up to the zone size"
      )
      throw .invalidArgument
    }
    limits.max_zone_append_sectors = UInt32(truncatingIfNeeded: append.count)
  }

  /// The largest number of zones: kmalloc gives at most 4 MiB in one piece.
  private static var mostZones: UInt64 { 1 << 25 }

  /// The largest number of open or active zones: from 6.10 the block layer allocates a pointer for
  /// each, in one piece.
  private static var mostWrittenZones: Int { 1 << 19 }

  /// The largest unit of transfers and discards, in bytes. The block layer adds to such a unit in
  /// 32 bits and divides by the sum (`blk_stack_limits`).
  private static var largestUnit: Int { 1 << 30 }

  private static func isPowerOfTwo(_ size: Int) -> Bool { size > 0 && size & (size &- 1) == 0 }

  /// Whether a number of sectors is a multiple of the block size, which is a power of two.
  private static func isMultiple(_ sectors: Sector, of blockSize: Int) -> Bool {
    sectors.count & (UInt64(truncatingIfNeeded: blockSize &>> Int(Sector.shift)) &- 1) == 0
  }

  /// Checks that a number of bytes is a multiple of `unit`, a power of two. Returns 0 for nil.
  private static func multiple(
    _ bytes: Int?, of unit: Int, _ name: StaticCString, upTo largest: Int
  ) throws(Errno) -> UInt32 {
    guard let bytes else { return 0 }
    guard bytes > 0, bytes <= largest, bytes & (unit &- 1) == 0 else {
      log(
        .error,
        "\(name) of \(bytes) bytes is no multiple of the physical block size \(unit) up to \(largest)"
      )
      throw .invalidArgument
    }
    return UInt32(truncatingIfNeeded: bytes)
  }

  /// Checks that a number is between two others. Returns 0 for nil.
  private static func number(_ value: Int?, _ least: Int, _ most: Int, _ name: StaticCString)
    throws(Errno) -> UInt32
  {
    guard let value else { return 0 }
    guard value >= least, value <= most else {
      log(.error, "largest \(name) of \(value) is not between \(least) and \(most)")
      throw .invalidArgument
    }
    return UInt32(truncatingIfNeeded: value)
  }

  /// Checks that a number is a power of two between two others, and returns its mask. Returns 0 for
  /// nil.
  private static func mask(_ value: Int?, _ least: Int, _ most: Int, _ name: StaticCString)
    throws(Errno) -> UInt
  {
    guard let value else { return 0 }
    guard isPowerOfTwo(value), value >= least, value <= most else {
      log(.error, "\(name) of \(value) bytes is not a power of two between \(least) and \(most)")
      throw .invalidArgument
    }
    return UInt(bitPattern: value &- 1)
  }

  private static func sectors(_ limit: Sector?, _ name: StaticCString) throws(Errno) -> UInt32 {
    guard let limit else { return 0 }
    guard limit.count > 0, limit <= largestRequest else {
      log(
        .error,
        "largest \(name) of \(limit.count) sectors is not between 1 and \(largestRequest.count)")
      throw .invalidArgument
    }
    return UInt32(truncatingIfNeeded: limit.count)
  }

  /// The same for a limit at which the block layer splits requests: it must be whole blocks.
  /// `largestRequest` is rounded down to whole blocks instead.
  private func wholeBlocks(_ limit: Sector?, _ name: StaticCString) throws(Errno) -> UInt32 {
    let sectors = try DiskLimits.sectors(limit, name)
    guard let limit else { return 0 }
    let mask = UInt32(truncatingIfNeeded: logicalBlockSize &>> Int(Sector.shift)) &- 1
    guard limit == DiskLimits.largestRequest || sectors & mask == 0 else {
      log(
        .error,
        "largest \(name) of \(limit.count) sectors is not a multiple of the block size \(logicalBlockSize)"
      )
      throw .invalidArgument
    }
    return sectors & ~mask
  }
}
