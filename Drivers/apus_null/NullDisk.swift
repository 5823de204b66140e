// SPDX-License-Identifier: GPL-2.0-only
// apus_null: a device that is on, with its disk and its number.

import BlockMQ
import Kernel

/// What the module's devices have in common.
struct Globals: ~Copyable, Sendable {
  /// A disk that there is.
  struct Entry: ~Copyable, Sendable {
    let index: UInt32
    let name: ShortText<31>
  }

  let entries: Mutex<List<Entry>>

  /// The tag set of the devices with `shared_tags`, from the first of them on.
  let tags: Mutex<TagSet<NullDevice>?>

  init() throws(Errno) {
    let entries = try Mutex(List<Entry>(), .kernel)
    let tags = try Mutex(Optional<TagSet<NullDevice>>.none, .kernel)
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

/// The number of a disk, and its name in the list of those that there are.
struct Registration: ~Copyable, Sendable {
  private let globals: Shared<Globals>
  let index: UInt32
  let name: ShortText<31>

  /// Takes the lowest number that is free, and the name: the one given, or one made of the number.
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
    globals.value.entries.withLock { entries in _ = entries.removeFirst { entry in entry.index == index } }
  }
}

/// A device that is on. Its end switches it off: what a cache had is lost then.
struct NullDisk: ~Copyable, Sendable {
  private let disk: Disk<NullDevice>
  private let tags: TagSet<NullDevice>
  private let registration: Registration

  /// Switches a device on.
  ///
  /// - Parameters:
  ///   - configuration: validated.
  ///   - contents: what it has, which it keeps a share of.
  ///   - name: the disk's; nil for one that is made of its number.
  init(
    _ configuration: NullConfiguration, _ contents: borrowing Contents, name: ShortText<31>?,
    _ globals: borrowing Shared<Globals>
  ) throws(Errno) {
    let capacity = try configuration.capacity
    let tags = try NullDisk.tagSet(configuration, globals.value)
    let registration = try Registration(name, globals)
    let contents = contents.share()
    var given = Optional(contents)
    let disk = try Disk<NullDevice>(
      DiskName(registration.name), capacity: capacity, limits: configuration.limits, tagSet: tags
    ) { queue throws(Errno) in
      guard let contents = given.take() else { throw .invalidArgument }
      return try NullDevice(queue, configuration, contents)
    }
    log(.info, "disk \(registration.name) created")
    self.disk = disk
    self.tags = tags
    self.registration = registration
  }

  /// The device's own tag set, or a share in that of all devices.
  private static func tagSet(
    _ configuration: NullConfiguration, _ globals: borrowing Globals
  ) throws(Errno) -> TagSet<NullDevice> {
    guard configuration.sharesTagSet else { return try makeTagSet(configuration) }
    return try globals.tags.withLock { tags throws(Errno) in
      if let share = tags?.share() { return share }
      var common = NullConfiguration()
      common.isBlocking = common.isBlocking || configuration.isBlocking
      let made = try makeTagSet(common)
      let share = made.share()
      tags = .some(made)
      return share
    }
  }

  private static func makeTagSet(_ configuration: NullConfiguration) throws(Errno) -> TagSet<NullDevice> {
    let depth = Int(configuration.queueDepth)
    return try TagSet<NullDevice>(
      QueueCounts(byDefault: Int(configuration.submitQueues), poll: Int(configuration.pollQueues)),
      depth: min(depth, TagSet<NullDevice>.maximumDepth), node: configuration.node, maySleep: configuration.isBlocking,
      requestTimeout: 5000, usesScheduler: !configuration.hasNoScheduler, sharesTags: configuration.sharesTagBitmap,
      data: NoData())
  }

  /// The disk's number.
  var index: UInt32 { registration.index }

  var name: ShortText<31> { registration.name }

  var capacity: Sector { disk.capacity }

  /// The number of pages of memory that the device has.
  var pageCount: Int { disk.driver.core.contents.pages.value.pageCount }

  /// Makes a zone read-only or offline, or empty again.
  borrowing func toggle(offline: Bool, at sector: Sector) throws(Errno) {
    try disk.driver.core.toggle(offline: offline, at: sector)
  }

  /// Changes how many hardware queues there are, under I/O.
  borrowing func change(to counts: QueueCounts) throws(Errno) { try tags.change(to: counts) }
}
