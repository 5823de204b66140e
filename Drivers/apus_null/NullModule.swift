// SPDX-License-Identifier: GPL-2.0-only
// apus_null: null block devices, the module. NullState.swift executes a device's operations;
// NullItem.swift has the devices that users create.

import BlockMQ
import Kernel

/// The module: its parameters, and the disks that it created.
@KernelModule(
  author: "The Apus authors", description: "Null block devices in safe Swift", version: "0.2.0")
struct NullModule: KernelModule, ~Copyable {
  #if DROPIN
    @Parameter("nr_devices", "Number of devices to register")
    static var deviceCount: UInt32 = 1

    @Parameter("gb", "Size in GB")
    static var gigabytes: Int32 = 250

    @Parameter("bs", "Block size (in bytes)")
    static var blockSize: Int32 = 512

    @Parameter("submit_queues", "Number of submission queues")
    static var hardwareQueues: Int32 = 1

    @Parameter("hw_queue_depth", "Queue depth for each hardware queue. Default: 64")
    static var queueDepth: Int32 = 64
  #else
    @Parameter("nr_devices", "Number of devices to make when the module is loaded", in: 0...64)
    static var deviceCount: Int = 1

    @Parameter("size", "Size of a device in MiB", in: 1...67_108_864)
    static var sizeInMebibytes: Int = 256_000

    @Parameter("bs", "Block size in bytes, a power of two", in: 512...4096)
    static var blockSize: Int = 512

    @Parameter("submit_queues", "Number of hardware queues of a device", in: 1...256)
    static var hardwareQueues: Int = 1

    @Parameter("hw_queue_depth", "Number of requests of a hardware queue", in: 1...10240)
    static var queueDepth: Int = 64
  #endif

  @Parameter("virt_boundary", "Require a virtual boundary for the device. Default: False")
  static var hasVirtualBoundary: Bool = false

  @Parameter("no_sched", "No io scheduler")
  static var noScheduler: Int32 = 0

  @Parameter("poll_queues", "Number of IOPOLL submission queues")
  static var pollQueues: Int32 = 1

  @Parameter("home_node", "Home node for the device")
  static var homeNode: Int32 = -1

  @Parameter("queue_mode", "Block interface to use (0=bio,1=rq,2=multiqueue)", in: 0...2)
  static var queueMode: Int32 = 2

  @Parameter("max_sectors", "Maximum size of a command (in 512B sectors)")
  static var maximumSectors: Int32 = 0

  @Parameter("blocking", "Register as a blocking blk-mq driver device")
  static var isBlocking: Bool = false

  @Parameter("shared_tags", "Share tag set between devices for blk-mq")
  static var sharesTagSet: Bool = false

  @Parameter("shared_tag_bitmap", "Use shared tag bitmap for all submission queues for blk-mq")
  static var sharesTagBitmap: Bool = false

  @Parameter("irqmode", "IRQ completion handler. 0-none, 1-softirq, 2-timer", in: 0...2)
  static var irqMode: Int32 = 1

  @Parameter("completion_nsec", "Time in ns to complete a request in hardware. Default: 10,000ns")
  static var completionNanoseconds: UInt = 10_000

  @Parameter(
    "use_per_node_hctx", "Use per-node allocation for hardware context queues. Default: false")
  static var usesPerNodeQueues: Bool = false

  @Parameter("memory_backed", "Create a memory-backed block device. Default: false")
  static var isMemoryBacked: Bool = false

  @Parameter(
    "discard", "Support discard operations (requires memory-backed null_blk device). Default: false"
  )
  static var supportsDiscard: Bool = false

  @Parameter("cache_size", "Cache size in MiB for memory-backed device. Default: 0 (none)")
  static var cacheSize: UInt = 0

  @Parameter(
    "fua", "Enable/disable FUA support when cache_size is used. Default: true", since: "6.12")
  static var supportsForcedUnitAccess: Bool = true

  @Parameter("mbps", "Limit maximum bandwidth (in MiB/s). Default: 0 (no limit)")
  static var megabytesPerSecond: UInt32 = 0

  @Parameter("zoned", "Make device as a host-managed zoned block device. Default: false")
  static var isZoned: Bool = false

  @Parameter(
    "zone_size", "Zone size in MB when block device is zoned. Must be power-of-two: Default: 256")
  static var zoneSize: UInt = 256

  @Parameter(
    "zone_capacity",
    "Zone capacity in MB when block device is zoned. Can be less than or equal to zone size. Default: Zone size"
  )
  static var zoneCapacity: UInt = 0

  @Parameter("zone_nr_conv", "Number of conventional zones when block device is zoned. Default: 0")
  static var conventionalZones: UInt32 = 0

  @Parameter(
    "zone_max_open",
    "Maximum number of open zones when block device is zoned. Default: 0 (no limit)")
  static var maximumOpenZones: UInt32 = 0

  @Parameter(
    "zone_max_active",
    "Maximum number of active zones when block device is zoned. Default: 0 (no limit)")
  static var maximumActiveZones: UInt32 = 0

  @Parameter(
    "zone_append_max_sectors",
    "Maximum size of a zone append command (in 512B sectors). Specify 0 for zone append emulation",
    since: "6.12")
  static var maximumAppendSectors: Int32 = 2_147_483_647

  @Parameter(
    "zone_full",
    "Initialize the sequential write required zones of a zoned device to be full. Default: false",
    since: "6.12")
  static var zonesAreFull: Bool = false

  @Parameter(
    "timeout", "Fault injection. timeout=<interval>,<probability>,<space>,<times>",
    config: "BLK_DEV_NULL_BLK_FAULT_INJECTION")
  static var timeoutFaults: ParameterString = ParameterString()

  @Parameter(
    "requeue", "Fault injection. requeue=<interval>,<probability>,<space>,<times>",
    config: "BLK_DEV_NULL_BLK_FAULT_INJECTION")
  static var requeueFaults: ParameterString = ParameterString()

  @Parameter(
    "init_hctx",
    "Fault injection to fail hctx init. init_hctx=<interval>,<probability>,<space>,<times>",
    config: "BLK_DEV_NULL_BLK_FAULT_INJECTION")
  static var hardwareQueueFaults: ParameterString = ParameterString()

  /// The size of a device in MiB.
  static var mebibytes: UInt {
    #if DROPIN
      UInt(truncatingIfNeeded: gigabytes &* 1024)
    #else
      UInt(truncatingIfNeeded: sizeInMebibytes)
    #endif
  }

  static var hasNoScheduler: Bool { noScheduler != 0 }

  #if DROPIN
    /// Corrects the number of queues, as the kernel's driver does.
    static func adjustQueues() {
      let cpus = UInt32(truncatingIfNeeded: CPU.limit)
      if usesPerNodeQueues {
        let nodes = Int32(truncatingIfNeeded: NUMANode.onlineCount)
        if hardwareQueues != nodes {
          log(.warning, "submit_queues param is set to \(nodes).")
          hardwareQueues = nodes
        }
      } else if UInt32(bitPattern: hardwareQueues) > cpus {
        hardwareQueues = Int32(truncatingIfNeeded: cpus)
      } else if hardwareQueues <= 0 {
        hardwareQueues = 1
      }
    }
  #endif

  var devices: DeviceList
  let subsystem: ConfigfsSubsystem<NullItem>

  init() throws(Errno) {
    #if DROPIN
      if Int(NullModule.blockSize) > pageSize {
        log(.warning, "invalid block size")
        log(.warning, "defaults block size to \(pageSize)")
        NullModule.blockSize = Int32(truncatingIfNeeded: pageSize)
      }
    #endif
    if NullModule.homeNode != -1, Int(NullModule.homeNode) >= NUMANode.onlineCount {
      log(.error, "invalid home_node value")
      NullModule.homeNode = -1
    }
    if UInt32(truncatingIfNeeded: NullModule.queueMode) == NullConfiguration.requestMode {
      log(.error, "legacy IO path is no longer available")
      throw .invalidArgument
    }
    #if DROPIN
      NullModule.adjustQueues()
    #endif
    // Checks the fault injection parameters even if no device is made.
    _ = try NullFaults()
    let globals = try Shared(Globals(), .kernel)
    var devices = DeviceList(globals)
    while devices.count < Int(NullModule.deviceCount) { try devices.add() }
    let subsystem = try ConfigfsSubsystem<NullItem>(
      Names.subsystem, root: NullRoot(globals: globals))
    log(.info, "module loaded")
    self.devices = devices
    self.subsystem = subsystem
  }

  #if !DROPIN
    @Command("add", "Write anything: adds one more device")
    mutating func add(_ text: borrowing CString) throws(Errno) {
      guard devices.count < 64 else { throw .noSpaceLeft }
      try devices.add()
    }

    @Command("remove", "Write the number of a device: removes it, also while it is in use")
    mutating func remove(_ text: borrowing CString) throws(Errno) {
      try devices.remove(try text.integer())
    }

    @Report("devices", "The devices: name, size in sectors, pages of memory in use")
    borrowing func report(_ writer: inout TextWriter) {
      devices.report(&writer)
    }
  #endif
}
