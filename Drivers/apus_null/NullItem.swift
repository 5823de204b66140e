// SPDX-License-Identifier: GPL-2.0-only
// apus_null: a device that a user creates with mkdir in configfs, configures by its attributes, and
// switches on with `power`.

import BlockMQ
import Kernel
import Synchronization

/// /sys/kernel/config/nullb (or apusnull).
@ConfigfsItem
struct NullRoot: ConfigfsItem, ~Copyable {
  let globals: Shared<Globals>

  @Show("features")
  func showFeatures(_ writer: inout TextWriter) throws(Errno) { writer.append(Names.features) }
}

/// One device.
@ConfigfsItem
struct NullItem: CreatedConfigfsItem, ~Copyable {
  private let globals: Shared<Globals>
  private let name: ShortText<31>
  private let contents: Contents

  /// The device while it is on.
  private let device: Mutex<NullDisk?>

  /// Whether the device is on. Attributes cannot be changed then.
  private let isOn = Atomic<Bool>(false)

  @Attribute("size") let size: Setting<UInt>
  @Attribute("completion_nsec") let completionNanoseconds: Setting<UInt>
  let submitQueues: Setting<UInt32>
  let pollQueues: Setting<UInt32>
  @Attribute("home_node") let homeNode: Setting<UInt32>
  @Attribute("queue_mode") let queueMode: Setting<UInt32>
  @Attribute("blocksize") let blockSize: Setting<UInt32>
  @Attribute("max_sectors") let maximumSectors: Setting<UInt32>
  @Attribute("irqmode") let irqMode: Setting<UInt32>
  @Attribute("hw_queue_depth") let queueDepth: Setting<UInt32>
  @Attribute("index") let index = Setting<UInt32>(0)
  @Attribute("blocking") let isBlocking: Setting<Bool>
  @Attribute("use_per_node_hctx") let usesPerNodeQueues: Setting<Bool>
  @Attribute("memory_backed") let isMemoryBacked: Setting<Bool>
  @Attribute("discard") let supportsDiscard: Setting<Bool>
  @Attribute("mbps") let megabytesPerSecond: Setting<UInt32>
  @Attribute("cache_size") let cacheSize: Setting<UInt>
  @Attribute("zoned") let isZoned: Setting<Bool>
  @Attribute("zone_size") let zoneSize: Setting<UInt>
  @Attribute("zone_capacity") let zoneCapacity: Setting<UInt>
  @Attribute("zone_nr_conv") let conventionalZones: Setting<UInt32>
  @Attribute("zone_max_open") let maximumOpenZones: Setting<UInt32>
  @Attribute("zone_max_active") let maximumActiveZones: Setting<UInt32>
  @Attribute("zone_append_max_sectors", when: KernelConfiguration.isAtLeast(6, 12))
  let maximumAppendSectors: Setting<UInt32>
  @Attribute("zone_full", when: KernelConfiguration.isAtLeast(6, 12)) let zonesAreFull:
    Setting<Bool>
  @Attribute("virt_boundary") let hasVirtualBoundary: Setting<Bool>
  @Attribute("no_sched") let hasNoScheduler: Setting<Bool>
  @Attribute("shared_tags") let sharesTagSet: Setting<Bool>
  @Attribute("shared_tag_bitmap") let sharesTagBitmap: Setting<Bool>
  @Group("timeout_inject") let timeoutFaults: FaultInjection
  @Group("requeue_inject") let requeueFaults: FaultInjection
  @Group("init_hctx_fault_inject") let hardwareQueueFaults: FaultInjection
  @Attribute("fua", when: KernelConfiguration.isAtLeast(6, 12)) let supportsForcedUnitAccess:
    Setting<Bool>

  init(name: borrowing CString, in root: borrowing NullRoot) throws(Errno) {
    let text = ShortText<31>(cutting: name)
    guard !root.globals.value.has(text) else { throw .exists }
    let contents = try Contents()
    let faults = try NullFaults()
    let device = try Mutex(Optional<NullDisk>.none, .kernel)
    let initial = NullConfiguration()
    self.globals = root.globals.share()
    self.name = text
    self.contents = contents
    self.device = device
    timeoutFaults = faults.timeout.share()
    requeueFaults = faults.requeue.share()
    hardwareQueueFaults = faults.hardwareQueue.share()
    size = Setting(initial.size)
    completionNanoseconds = Setting(initial.completionNanoseconds)
    submitQueues = Setting(initial.submitQueues)
    pollQueues = Setting(initial.pollQueues)
    homeNode = Setting(initial.homeNode)
    queueMode = Setting(initial.queueMode)
    blockSize = Setting(initial.blockSize)
    maximumSectors = Setting(initial.maximumSectors)
    irqMode = Setting(initial.irqMode)
    queueDepth = Setting(initial.queueDepth)
    isBlocking = Setting(initial.isBlocking)
    usesPerNodeQueues = Setting(initial.usesPerNodeQueues)
    isMemoryBacked = Setting(initial.isMemoryBacked)
    supportsDiscard = Setting(initial.supportsDiscard)
    megabytesPerSecond = Setting(initial.megabytesPerSecond)
    cacheSize = Setting(initial.cacheSize)
    isZoned = Setting(initial.isZoned)
    zoneSize = Setting(initial.zoneSize)
    zoneCapacity = Setting(initial.zoneCapacity)
    conventionalZones = Setting(initial.conventionalZones)
    maximumOpenZones = Setting(initial.maximumOpenZones)
    maximumActiveZones = Setting(initial.maximumActiveZones)
    maximumAppendSectors = Setting(initial.maximumAppendSectors)
    zonesAreFull = Setting(initial.zonesAreFull)
    hasVirtualBoundary = Setting(initial.hasVirtualBoundary)
    hasNoScheduler = Setting(initial.hasNoScheduler)
    sharesTagSet = Setting(initial.sharesTagSet)
    sharesTagBitmap = Setting(initial.sharesTagBitmap)
    supportsForcedUnitAccess = Setting(initial.supportsForcedUnitAccess)
  }

  /// The configuration that the attributes describe.
  private var configuration: NullConfiguration {
    var result = NullConfiguration()
    result.size = size.value
    result.completionNanoseconds = completionNanoseconds.value
    result.submitQueues = submitQueues.value
    result.pollQueues = pollQueues.value
    result.homeNode = homeNode.value
    result.queueMode = queueMode.value
    result.blockSize = blockSize.value
    result.maximumSectors = maximumSectors.value
    result.irqMode = irqMode.value
    result.queueDepth = queueDepth.value
    result.isBlocking = isBlocking.value
    result.usesPerNodeQueues = usesPerNodeQueues.value
    result.isMemoryBacked = isMemoryBacked.value
    result.supportsDiscard = supportsDiscard.value
    result.megabytesPerSecond = megabytesPerSecond.value
    result.cacheSize = cacheSize.value
    result.isZoned = isZoned.value
    result.zoneSize = zoneSize.value
    result.zoneCapacity = zoneCapacity.value
    result.conventionalZones = conventionalZones.value
    result.maximumOpenZones = maximumOpenZones.value
    result.maximumActiveZones = maximumActiveZones.value
    result.maximumAppendSectors = maximumAppendSectors.value
    result.zonesAreFull = zonesAreFull.value
    result.hasVirtualBoundary = hasVirtualBoundary.value
    result.hasNoScheduler = hasNoScheduler.value
    result.sharesTagSet = sharesTagSet.value
    result.sharesTagBitmap = sharesTagBitmap.value
    result.supportsForcedUnitAccess = supportsForcedUnitAccess.value
    return result
  }

  /// Stores the values that validation corrected, so that the attributes show them.
  private borrowing func adopt(
    _ configuration: NullConfiguration, _ change: borrowing ConfigfsChange
  ) {
    submitQueues.set(configuration.submitQueues, change)
    pollQueues.set(configuration.pollQueues, change)
    queueMode.set(configuration.queueMode, change)
    irqMode.set(configuration.irqMode, change)
    isBlocking.set(configuration.isBlocking, change)
    supportsDiscard.set(configuration.supportsDiscard, change)
    cacheSize.set(configuration.cacheSize, change)
    megabytesPerSecond.set(configuration.megabytesPerSecond, change)
    zoneCapacity.set(configuration.zoneCapacity, change)
    conventionalZones.set(configuration.conventionalZones, change)
    maximumOpenZones.set(configuration.maximumOpenZones, change)
    maximumActiveZones.set(configuration.maximumActiveZones, change)
    maximumAppendSectors.set(configuration.maximumAppendSectors, change)
  }

  func willChange(_ attribute: StaticCString) throws(Errno) {
    if isOn.load(ordering: .acquiring) { throw .busy }
  }

  func willRemove() { device.withLock { device in device = nil } }

  @Show("power")
  func showPower(_ writer: inout TextWriter) throws(Errno) {
    writer.append(isOn.load(ordering: .acquiring) ? "1\n" : "0\n")
  }

  @Store("power")
  func setPower(_ text: borrowing CString, _ change: borrowing ConfigfsChange) throws(Errno) {
    let wanted = try text.boolean()
    try device.withLock { device throws(Errno) in
      let isOn = device != nil
      if wanted && !isOn {
        var configuration = configuration
        try configuration.validate()
        adopt(configuration, change)
        let faults = NullFaults(
          timeoutFaults.share(), requeueFaults.share(), hardwareQueueFaults.share())
        let made = try NullDisk(configuration, contents, name: name, globals, faults)
        index.set(made.index, change)
        device = consume made
        self.isOn.store(true, ordering: .releasing)
      } else if !wanted && isOn {
        device = nil
        self.isOn.store(false, ordering: .releasing)
      }
    }
  }

  @Show("submit_queues")
  func showSubmitQueues(_ writer: inout TextWriter) throws(Errno) { show(submitQueues, &writer) }

  @Store("submit_queues")
  func setSubmitQueues(_ text: borrowing CString, _ change: borrowing ConfigfsChange) throws(Errno)
  {
    let wanted = try submitQueues.parse(text)
    try resize(submitQueues: wanted, pollQueues: pollQueues.value)
    submitQueues.set(wanted, change)
  }

  @Show("poll_queues")
  func showPollQueues(_ writer: inout TextWriter) throws(Errno) { show(pollQueues, &writer) }

  @Store("poll_queues")
  func setPollQueues(_ text: borrowing CString, _ change: borrowing ConfigfsChange) throws(Errno) {
    let wanted = try pollQueues.parse(text)
    try resize(submitQueues: submitQueues.value, pollQueues: wanted)
    pollQueues.set(wanted, change)
  }

  @Show("badblocks")
  func showBadBlocks(_ writer: inout TextWriter) throws(Errno) {
    try contents.badBlocks.value.show(&writer)
  }

  /// `+START-END` makes sectors bad, `-START-END` makes them good again.
  @Store("badblocks")
  func setBadBlocks(_ text: borrowing CString) throws(Errno) {
    var first = 0
    var last = text.count
    while let byte = text.byte(at: first), NullItem.isSpace(byte) { first &+= 1 }
    while last > first, let byte = text.byte(at: last &- 1), NullItem.isSpace(byte) { last &-= 1 }
    let sign = text.byte(at: first)
    guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
      let dash = text.firstIndex(of: UInt8(ascii: "-"), from: first &+ 1), dash < last
    else { throw .invalidArgument }
    let start = try text.unsignedInteger(from: first &+ 1, to: dash)
    let end = try text.unsignedInteger(from: dash &+ 1, to: last)
    guard start <= end else { throw .invalidArgument }
    let count = Sector(end &- start &+ 1)
    if sign == UInt8(ascii: "+") {
      try contents.badBlocks.value.add(Sector(start), count: count)
    } else {
      try contents.badBlocks.value.remove(Sector(start), count: count)
    }
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || (byte >= UInt8(ascii: "\t") && byte <= UInt8(ascii: "\r"))
  }

  @Store("zone_readonly")
  func setReadOnly(_ text: borrowing CString) throws(Errno) { try toggle(offline: false, text) }

  @Store("zone_offline")
  func setOffline(_ text: borrowing CString) throws(Errno) { try toggle(offline: true, text) }

  /// Makes the zone of a sector read-only or offline, or makes it empty if it is that already.
  private borrowing func toggle(offline: Bool, _ text: borrowing CString) throws(Errno) {
    guard isZoned.value else {
      log(.error, "null_blk device is not zoned")
      throw .invalidArgument
    }
    try device.withLock { device throws(Errno) in
      guard device != nil else {
        log(.error, "null_blk device is not yet powered")
        throw .invalidArgument
      }
      let sector = try UInt64.parse(text)
      try device?.toggle(offline: offline, at: Sector(sector))
    }
  }

  private borrowing func show(_ setting: borrowing Setting<UInt32>, _ writer: inout TextWriter) {
    setting.show(&writer)
    writer.append("\n")
  }

  /// Changes the queues of a device that is on. For a device that is off, any numbers are accepted
  /// until it is switched on.
  private borrowing func resize(submitQueues: UInt32, pollQueues: UInt32) throws(Errno) {
    try device.withLock { device throws(Errno) in
      guard device != nil else { return }
      let most = UInt32(truncatingIfNeeded: max(NullModule.pollQueues, 0))
      guard submitQueues > 0, submitQueues <= UInt32(truncatingIfNeeded: CPU.limit),
        pollQueues <= most,
        !sharesTagSet.value
      else { throw .invalidArgument }
      try device?.change(to: QueueCounts(default: Int(submitQueues), poll: Int(pollQueues)))
    }
  }
}
