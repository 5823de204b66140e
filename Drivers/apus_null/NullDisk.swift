// SPDX-License-Identifier: GPL-2.0-only
// apus_null: a device that is on, with its disk and its number.

import BlockMQ
import Kernel

/// The state that all devices of the module share.
struct Globals: ~Copyable, Sendable {
  /// An existing disk.
  struct Entry: ~Copyable, Sendable {
    let index: UInt32
    let name: ShortText<31>
  }

  let entries: Mutex<List<Entry>>

  /// The major number of the disks.
  let major: BlockMajor

  /// The tag set of the devices with `shared_tags`, once the first of them was made.
  let tags: Mutex<TagSet<NullDevice>?>

  init() throws(Errno) {
    let major = try BlockMajor(Names.disk)
    let entries = try Mutex(List<Entry>(), .kernel)
    let tags = try Mutex(Optional<TagSet<NullDevice>>.none, .kernel)
    self.major = major
    self.entries = entries
    self.tags = tags
  }

  /// Whether there is a disk of this name.
  borrowing func has(_ name: ShortText<31>) -> Bool {
    entries.withLock { entries in
      var found = false
      entries.forEach { entry in found = found || entry.name.equals(name) }
      return found
    }
  }
}

/// The number of a disk, and its name in the list of existing disks.
struct Registration: ~Copyable, Sendable {
  private let globals: Shared<Globals>
  let index: UInt32
  let name: ShortText<31>

  /// Takes the lowest free number, and the name: the given one, or one made from the number.
  init(_ wanted: ShortText<31>?, _ globals: borrowing Shared<Globals>) throws(Errno) {
    let (index, name) = try globals.value.entries.withLock { entries throws(Errno) in
      var index: UInt32 = 0
      while Registration.has(index, entries) { index &+= 1 }
      let name: ShortText<31>
      if let wanted { name = wanted } else { name = try ShortText(Names.disk, number: index) }
      try entries.append(Globals.Entry(index: index, name: name), .kernel)
      return (index, name)
    }
    self.globals = globals.share()
    self.index = index
    self.name = name
  }

  private static func has(_ index: UInt32, _ entries: borrowing List<Globals.Entry>) -> Bool {
    var found = false
    entries.forEach { entry in found = found || entry.index == index }
    return found
  }

  deinit {
    let index = index
    globals.value.entries.withLock { entries in
      _ = entries.removeFirst { entry in entry.index == index }
    }
  }

  /// The disk's number for the kernel.
  var number: DiskNumber { get throws(Errno) { try globals.value.major.disk(Int(index)) } }
}

/// A device that is on. Its end switches it off: the requests in flight are executed first, without
/// a bandwidth limit, and then the contents of the cache are lost.
struct NullDisk: ~Copyable, Sendable {
  // One of the two: on blk-mq, with its tag set, or without requests.
  private let disk: Disk<NullDevice>?
  private let bioDisk: BioDisk<NullBioDevice>?
  private let tags: TagSet<NullDevice>?
  private let registration: Registration
  private let contents: Contents
  let capacity: Sector

  /// Switches a device on.
  ///
  /// - Parameters:
  ///   - configuration: validated.
  ///   - contents: the device's contents; the device keeps a share.
  ///   - name: the disk's name; nil for a name made from its number.
  init(
    _ configuration: NullConfiguration, _ contents: borrowing Contents, name: ShortText<31>?,
    _ globals: borrowing Shared<Globals>, _ faults: borrowing NullFaults
  ) throws(Errno) {
    let capacity = try configuration.capacity
    let isBioMode = configuration.queueMode == NullConfiguration.bioMode
    let tags = isBioMode ? nil : try NullDisk.tagSet(configuration, globals.value, faults)
    let registration = try Registration(name, globals)
    let bioDisk = isBioMode ? try NullDisk.makeBioDisk(configuration, contents, registration) : nil
    let disk =
      isBioMode ? nil : try NullDisk.makeDisk(configuration, contents, registration, tags, faults)
    log(.info, "disk \(registration.name) created")
    self.disk = disk
    self.bioDisk = bioDisk
    self.tags = tags
    self.registration = registration
    self.contents = contents.share()
    self.capacity = capacity
  }

  // The end of a disk waits only for one request timeout. The limit is lifted first, so that no
  // throttled request is lost.
  deinit { liftLimit() }

  @inline(never)
  private borrowing func liftLimit() {
    switch disk {
    case .some(let disk): disk.driver.liftLimit()
    case .none: break
    }
  }

  // Not inlined, because limits are large and the kernel's stack is small.
  @inline(never)
  private static func makeDisk(
    _ configuration: NullConfiguration, _ contents: borrowing Contents,
    _ registration: borrowing Registration,
    _ tags: borrowing TagSet<NullDevice>?, _ faults: borrowing NullFaults
  ) throws(Errno) -> Disk<NullDevice> {
    switch tags {
    case .some(let tags):
      var given = Optional(contents.share())
      var givenFaults = Optional(faults.share())
      return try Disk<NullDevice>(
        DiskName(registration.name), capacity: configuration.capacity, limits: configuration.limits,
        number: registration.number, tagSet: tags
      ) { queue throws(Errno) in
        guard let contents = given.take(), let faults = givenFaults.take() else {
          throw .invalidArgument
        }
        return try NullDevice(queue, configuration, contents, faults)
      }
    case .none: throw .invalidArgument
    }
  }

  @inline(never)
  private static func makeBioDisk(
    _ configuration: NullConfiguration, _ contents: borrowing Contents,
    _ registration: borrowing Registration
  ) throws(Errno) -> BioDisk<NullBioDevice> {
    try BioDisk<NullBioDevice>(
      DiskName(registration.name), capacity: configuration.capacity, limits: configuration.limits,
      number: registration.number, node: configuration.node,
      driver: NullBioDevice(configuration, contents.share()))
  }

  /// The device's own tag set, or a share in that of all devices.
  private static func tagSet(
    _ configuration: NullConfiguration, _ globals: borrowing Globals, _ faults: borrowing NullFaults
  ) throws(Errno) -> TagSet<NullDevice> {
    guard configuration.sharesTagSet else { return try makeTagSet(configuration, faults) }
    return try globals.tags.withLock { tags throws(Errno) in
      if let share = tags?.share() { return share }
      var common = NullConfiguration()
      // Memory-backed devices, whose requests may sleep, may use this tag set later.
      common.isBlocking = true
      let made = try makeTagSet(common, NullFaults())
      let share = made.share()
      tags = .some(made)
      return share
    }
  }

  private static func makeTagSet(
    _ configuration: NullConfiguration, _ faults: borrowing NullFaults
  ) throws(Errno) -> TagSet<NullDevice> {
    let depth = Int(configuration.queueDepth)
    return try TagSet<NullDevice>(
      QueueCounts(default: Int(configuration.submitQueues), poll: Int(configuration.pollQueues)),
      depth: min(depth, TagSet<NullDevice>.maximumDepth), node: configuration.node,
      maySleep: configuration.isBlocking,
      requestTimeout: 5000, usesScheduler: !configuration.hasNoScheduler,
      sharesTags: configuration.sharesTagBitmap,
      data: faults.share())
  }

  /// The disk's number.
  var index: UInt32 { registration.index }

  var name: ShortText<31> { registration.name }

  /// The number of pages of memory that the device has.
  var pageCount: Int { contents.pages.value.pageCount }

  /// Makes a zone read-only or offline, or makes it empty if it is that already.
  borrowing func toggle(offline: Bool, at sector: Sector) throws(Errno) {
    switch disk {
    case .some(let disk): try disk.driver.state.toggle(offline: offline, at: sector)
    case .none:
      switch bioDisk {
      case .some(let disk): try disk.driver.state.toggle(offline: offline, at: sector)
      case .none: throw .invalidArgument
      }
    }
  }

  /// Changes the number of hardware queues, under I/O.
  borrowing func change(to counts: QueueCounts) throws(Errno) {
    switch tags {
    case .some(let tags): try tags.change(to: counts)
    case .none: throw .invalidArgument
    }
  }
}
