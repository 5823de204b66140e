// SPDX-License-Identifier: GPL-2.0-only
// apus_null: the configuration of one device, from the module's parameters or from a directory in
// configfs.

import BlockMQ
import Kernel

/// The configuration of a device, in the units that users specify.
struct NullConfiguration: Sendable {
  /// The values of `irqmode`: a request ends where it was submitted, in softirq context on the CPU
  /// that submitted it, or by a timer.
  static var atOnce: UInt32 { 0 }
  static var softirq: UInt32 { 1 }
  static var timer: UInt32 { 2 }

  /// The values of `queue_mode`.
  static var bioMode: UInt32 { 0 }
  static var requestMode: UInt32 { 1 }
  static var multiQueueMode: UInt32 { 2 }

  /// MiB.
  var size = NullModule.mebibytes
  var completionNanoseconds = NullModule.completionNanoseconds
  var submitQueues = UInt32(truncatingIfNeeded: NullModule.hardwareQueues)
  var pollQueues = UInt32(truncatingIfNeeded: NullModule.pollQueues)
  var homeNode = UInt32(truncatingIfNeeded: NullModule.homeNode)
  var queueMode = UInt32(truncatingIfNeeded: NullModule.queueMode)
  /// Bytes.
  var blockSize = UInt32(truncatingIfNeeded: NullModule.blockSize)
  var maximumSectors = UInt32(truncatingIfNeeded: NullModule.maximumSectors)
  var irqMode = UInt32(truncatingIfNeeded: NullModule.irqMode)
  var queueDepth = UInt32(truncatingIfNeeded: NullModule.queueDepth)
  var isBlocking = NullModule.isBlocking
  var usesPerNodeQueues = NullModule.usesPerNodeQueues
  var isMemoryBacked = NullModule.isMemoryBacked
  var supportsDiscard = NullModule.supportsDiscard
  /// MiB per second; 0 for no limit.
  var megabytesPerSecond = NullModule.megabytesPerSecond
  /// MiB; 0 for no cache.
  var cacheSize = NullModule.cacheSize
  var isZoned = NullModule.isZoned
  /// MiB.
  var zoneSize = NullModule.zoneSize
  /// MiB; 0 for the zone size.
  var zoneCapacity = NullModule.zoneCapacity
  var conventionalZones = NullModule.conventionalZones
  var maximumOpenZones = NullModule.maximumOpenZones
  var maximumActiveZones = NullModule.maximumActiveZones
  var maximumAppendSectors = UInt32(truncatingIfNeeded: NullModule.maximumAppendSectors)
  var zonesAreFull = NullModule.zonesAreFull
  var hasVirtualBoundary = NullModule.hasVirtualBoundary
  var hasNoScheduler = NullModule.hasNoScheduler
  var sharesTagSet = NullModule.sharesTagSet
  var sharesTagBitmap = NullModule.sharesTagBitmap
  var supportsForcedUnitAccess = NullModule.supportsForcedUnitAccess

  /// Corrects values, as the kernel's `null_validate_conf` does, and refuses values that cannot be
  /// corrected.
  ///
  /// Throws: `invalidArgument`, with a line in the log where the kernel's driver writes one.
  mutating func validate() throws(Errno) {
    if queueMode == Self.requestMode {
      log(.error, "legacy IO path is no longer available")
      throw .invalidArgument
    }
    if queueMode == Self.bioMode, KernelConfiguration.isAtLeast(6, 12) {
      log(.error, "BIO-based IO path is no longer available, using blk-mq instead.")
      queueMode = Self.multiQueueMode
    }
    // On 6.12 the block layer's default is 512.
    if blockSize == 0, KernelConfiguration.isAtLeast(6, 12) { blockSize = 512 }
    let cpus = UInt32(truncatingIfNeeded: CPU.limit)
    if usesPerNodeQueues && (queueMode != Self.bioMode) {
      submitQueues = UInt32(truncatingIfNeeded: NUMANode.onlineCount)
    } else if submitQueues > cpus {
      submitQueues = cpus
    } else if submitQueues == 0 {
      submitQueues = 1
    }
    pollQueues = min(pollQueues, UInt32(truncatingIfNeeded: max(NullModule.pollQueues, 0)))
    if !KernelConfiguration.isAtLeast(6, 12) { queueMode = min(queueMode, Self.multiQueueMode) }
    irqMode = min(irqMode, Self.timer)
    // A memory-backed device allocates memory for its requests, and allocation may sleep. A cache
    // needs a memory-backed device.
    if isMemoryBacked { isBlocking = true } else { cacheSize = 0 }
    cacheSize = min(cacheSize, UInt.max / 1024 / 1024)
    megabytesPerSecond = min(megabytesPerSecond, 1024 * 40)
    // A bio cannot be refused, so bios cannot be throttled.
    if queueMode == Self.bioMode { megabytesPerSecond = 0 }
    if isZoned, zoneSize & (zoneSize &- 1) != 0 || zoneSize == 0 {
      log(.error, "zone_size must be power-of-two")
      throw .invalidArgument
    }
    if supportsDiscard {
      if !isMemoryBacked {
        supportsDiscard = false
        log(.info, "discard option is ignored without memory backing")
      } else if isZoned {
        supportsDiscard = false
        log(.info, "discard option is ignored in zoned mode")
      }
    }
    try validateZones()
  }

  /// The delay of the timer.
  var completionTime: Nanoseconds {
    Nanoseconds(Int64(truncatingIfNeeded: min(completionNanoseconds, UInt(Int.max))))
  }

  /// The number of sectors. Throws `invalidArgument` for more than a device can have.
  var capacity: Sector {
    get throws(Errno) {
      guard let mebibytes = Int(exactly: size), let capacity = Sector(mebibytes: mebibytes) else {
        log(.error, "a size of \(size) MiB is more than a device can have")
        throw .invalidArgument
      }
      return capacity
    }
  }

  /// The node of the memory. Throws `invalidArgument` for a node that does not exist.
  var node: NUMANode {
    get throws(Errno) {
      do throws(Errno) { return try NUMANode(CInt(truncatingIfNeeded: homeNode)) } catch {
        log(.error, "invalid home_node value")
        throw error
      }
    }
  }

  /// The disk's limits.
  var limits: DiskLimits {
    var limits = DiskLimits(logicalBlockSize: Int(blockSize))
    if maximumSectors > 0 {
      let blockSectors = max(UInt32(1), blockSize >> 9)
      var most = min(maximumSectors, UInt32.max >> 9)
      // Before 6.12 the block layer raises a smaller value to a page.
      if !KernelConfiguration.isAtLeast(6, 12), most < 8 { most = 8 }
      limits.maximumTransfer = Sector(UInt64(max(most & ~(blockSectors &- 1), blockSectors)))
    }
    if hasVirtualBoundary { limits.virtualBoundary = pageSize }
    if isZoned { limits.zones = zoneLimits }
    if supportsDiscard { limits.maximumDiscard = Sector(UInt64(UInt32.max >> 9)) }
    if cacheSize > 0 {
      limits.hasWriteCache = true
      limits.supportsForcedUnitAccess =
        supportsForcedUnitAccess || !KernelConfiguration.isAtLeast(6, 12)
    }
    return limits
  }
}
