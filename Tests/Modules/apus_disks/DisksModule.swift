// SPDX-License-Identifier: GPL-2.0-only
// apus_disks: the module. apusdisk0 has every limit and every operation of a disk. apusdisk1 has
// zones.

import BlockMQ
import Kernel
import Synchronization

@KernelModule(
  author: "The Apus authors", description: "Disks with limits, operations and zones",
  version: "0.1.0")
struct DisksModule: KernelModule, ~Copyable {
  @Parameter("wrong", "Make a disk with this limit wrong, counted from 1", in: 0...100)
  static var wrong: Int = 0

  @Parameter(
    "virtual_boundary", "Whether apusdisk0 has a virtual boundary, and so no largest segment")
  static var hasVirtualBoundary: Bool = false

  @Parameter(
    "simple", "Whether apusdisk0 has the default limits, so that it can be used for anything")
  static var isSimple: Bool = false

  @Parameter(
    "largest_append", "The largest append to a zone in sectors, or 0 for none", in: 0...1_000_000)
  static var largestAppend: Int = 64

  @Parameter(
    "zeroes", "Whether apusdisk1 takes writes of zeroes, of several zones, and ends them by zone")
  static var hasZeroes: Bool = false

  @Parameter("bios", "Whether there is apusdisk2, a disk with zones that takes bios")
  static var hasBioDisk: Bool = false

  @Parameter("report", "What is wrong with the report of zones, counted from 1", in: 0...10)
  static var wrongReport: Int = 0

  let counters: Shared<Counters>
  var first: Disk<OperationsDisk>?
  var zoned: Disk<ZonedDisk>?
  var bios: BioDisk<ZonedBios>?
  var named: Disk<BareDisk>?
  var zone = Sector(0)

  init() throws(Errno) {
    let counters = try Shared(Counters(), .kernel)
    var first: Disk<OperationsDisk>? = try DisksModule.makeFirst(counters)
    var zoned: Disk<ZonedDisk>? = try DisksModule.makeZoned()
    if DisksModule.wrong == 50 {
      // A disk with zones whose driver does not report them.
      _ = try DisksModule.disk(DiskName("apusdisk", 2), Limits.zoned(0))
    }
    var bios: BioDisk<ZonedBios>? = try DisksModule.makeBioDisk(counters)
    named = nil
    self.bios = bios.take()
    self.first = first.take()
    self.zoned = zoned.take()
    self.counters = counters
  }

  @inline(never)
  static func makeFirst(_ counters: borrowing Shared<Counters>) throws(Errno) -> Disk<
    OperationsDisk
  > {
    let (limits, capacity) = isSimple ? (DiskLimits(), Sector(131_072)) : Limits.wrong(wrong)
    return try Disk(
      DiskName("apusdisk", 0), capacity: capacity, limits: limits,
      tagSet: TagSet<OperationsDisk>(
        hardwareQueues: 1, depth: 32, maySleep: true, requestTimeout: 3000),
      driver: OperationsDisk(counters))
  }

  @inline(never)
  static func makeZoned() throws(Errno) -> Disk<ZonedDisk> {
    try Disk(
      DiskName("apusdisk", 1), capacity: ZonedDisk.capacity, limits: Limits.zoned(wrong),
      tagSet: TagSet<ZonedDisk>(hardwareQueues: 1, depth: 32), driver: ZonedDisk())
  }

  @inline(never)
  static func makeBioDisk(
    _ counters: borrowing Shared<Counters>
  ) throws(Errno) -> BioDisk<ZonedBios>? {
    guard hasBioDisk else { return nil }
    return try BioDisk(
      DiskName("apusdisk", 2), capacity: ZonedDisk.capacity, limits: Limits.zoned(0),
      driver: ZonedBios(counters))
  }

  @inline(never)
  static func disk(_ name: DiskName, _ limits: DiskLimits) throws(Errno) -> Disk<BareDisk> {
    try Disk(
      name, capacity: ZonedDisk.capacity, limits: limits,
      flags: .removable | .withoutPartitions | .readOnly,
      tagSet: TagSet<BareDisk>(hardwareQueues: 1, depth: 4), driver: BareDisk())
  }

  @Command("resize", "Write a number of sectors: the size of apusdisk0 from here on")
  mutating func resize(_ text: borrowing CString) throws(Errno) {
    try first?.resize(to: Sector(UInt64(truncatingIfNeeded: try text.integer())))
  }

  @Command("resize_zoned", "Write a number of sectors: the size of apusdisk1 from here on")
  mutating func resizeZoned(_ text: borrowing CString) throws(Errno) {
    try zoned?.resize(to: Sector(UInt64(truncatingIfNeeded: try text.integer())))
  }

  @Command("read_only", "Write yes or no: whether apusdisk0 is read-only")
  mutating func setReadOnly(_ text: borrowing CString) throws(Errno) {
    first?.setReadOnly(try text.boolean())
  }

  @Command(
    "refuse", "Write yes or no: whether apusdisk0 refuses to be opened, and to become read-only")
  mutating func refuse(_ text: borrowing CString) throws(Errno) {
    first?.driver.refuses.store(try text.boolean(), ordering: .relaxed)
  }

  @Command(
    "medium", "Write 1 or 2: apusdisk0 has another medium, or its button was pressed; 3: both")
  mutating func changeMedium(_ text: borrowing CString) throws(Errno) {
    let events = try text.integer()
    if events & 1 != 0 { first?.driver.mediumChanged.store(true, ordering: .relaxed) }
    if events & 2 != 0 { first?.driver.ejectRequested.store(true, ordering: .relaxed) }
  }

  @Command(
    "major", "Write 1, 2 or 3: a major number with a long name, with none, or with a NUL in it")
  mutating func registerMajor(_ text: borrowing CString) throws(Errno) {
    let wanted = try text.integer()
    if wanted == 1 { _ = try BlockMajor("apus-disks-major") }
    if wanted == 2 { _ = try BlockMajor("") }
    if wanted == 3 { _ = try BlockMajor("apus\u{0}") }
  }

  @Command("table", "Write a sector: where apusdisk0 has a table of partitions")
  mutating func moveTable(_ text: borrowing CString) throws(Errno) {
    first?.driver.table.store(UInt64(try text.unsignedInteger()), ordering: .relaxed)
  }

  @Command("identify", "Write a path: the log says how that device is told from others")
  mutating func identify(_ text: borrowing CString) throws(Errno) {
    let device = try BlockDevice(path: text, access: .read, isExclusive: false)
    DisksModule.identify(device, "T10", .t10)
    DisksModule.identify(device, "EUI-64", .eui64)
    DisksModule.identify(device, "NAA", .naa)
  }

  static func identify(
    _ device: borrowing BlockDevice, _ name: StaticCString, _ kind: UniqueIdentifier.Kind
  ) {
    do throws(Errno) {
      let identifier = try device.uniqueIdentifier(kind)
      let last = Int(identifier.byte(at: identifier.byteCount &- 1) ?? 0)
      let first = Int(identifier.byte(at: 0) ?? 0)
      log(.info, "\(name): \(identifier.byteCount) bytes, from \(first) to \(last)")
    } catch {
      log(.info, "\(name): error \(error.rawValue)")
    }
  }

  @Report("reservation", "Who has reserved apusdisk0")
  borrowing func reportReservation(_ writer: inout TextWriter) {
    switch first {
    case .some(let disk):
      let reservation = disk.driver.reservation.withLock { reservation in copy reservation }
      writer.append("key ")
      writer.append(reservation.key)
      writer.append(" kind ")
      writer.append(reservation.kind?.rawValue ?? 0)
      writer.append(reservation.isAborted ? " aborted\n" : "\n")
    case .none: break
    }
  }

  @Command("huge", "Write anything: a tag set whose requests have 16 pages of data")
  mutating func makeHuge(_ text: borrowing CString) throws(Errno) {
    _ = try TagSet<HugeDisk>(hardwareQueues: 1, depth: 8)
  }

  @Command("keep", "Write anything: apusdisk0 keeps the next request for good")
  mutating func keep(_ text: borrowing CString) throws(Errno) {
    first?.driver.keeps.store(true, ordering: .relaxed)
  }

  @Command("remove", "Write anything: takes apusdisk0 away, also while it is open")
  mutating func remove(_ text: borrowing CString) throws(Errno) {
    guard first.take() != nil else { throw .noSuchDevice }
  }

  @Command(
    "name", "Write a name: a read-only, removable disk of that name")
  mutating func name(_ text: borrowing CString) throws(Errno) {
    named = nil
    named = try DisksModule.disk(DiskName(text), DiskLimits())
  }

  @Command(
    "bad",
    "Write one of +-!, a sector and a number: sectors are bad, or not"
  )
  mutating func changeBad(_ text: borrowing CString) throws(Errno) {
    guard let blank = text.firstIndex(of: UInt8(ascii: " ")) else { throw .invalidArgument }
    let start = Sector(try text.unsignedInteger(from: 1, to: blank))
    let count = Sector(try text.unsignedInteger(from: blank &+ 1))
    switch text.byte(at: 0) {
    case UInt8(ascii: "+"): try first?.driver.bad.add(start, count: count)
    case UInt8(ascii: "!"): try first?.driver.bad.add(start, count: count, isAcknowledged: false)
    case UInt8(ascii: "-"): try first?.driver.bad.remove(start, count: count)
    default: throw .invalidArgument
    }
  }

  @Report("bad_sectors", "The bad sectors of apusdisk0")
  borrowing func reportBad(_ writer: inout TextWriter) {
    reportBad(&writer, onlyUnacknowledged: false)
  }

  @Report("unacknowledged", "Those that are not acknowledged")
  borrowing func reportUnacknowledged(_ writer: inout TextWriter) {
    reportBad(&writer, onlyUnacknowledged: true)
  }

  borrowing func reportBad(_ writer: inout TextWriter, onlyUnacknowledged: Bool) {
    switch first {
    case .some(let disk):
      do throws(Errno) {
        try disk.driver.bad.show(&writer, onlyUnacknowledged: onlyUnacknowledged)
      } catch {
        writer.append("no memory\n")
      }
    case .none: break
    }
  }

  @Command("append_at", "Write a sector: where the zone begins that is appended to")
  mutating func appendAt(_ text: borrowing CString) throws(Errno) {
    zone = Sector(UInt64(try text.unsignedInteger()))
  }

  @Command("append_to", "Write a path: appends a page to the zone of that device")
  mutating func append(_ text: borrowing CString) throws(Errno) {
    try Appending.append(to: text, at: zone, counters)
  }

  @Report("state", "Size of apusdisk0 in sectors, and whether it is read-only")
  borrowing func report(_ writer: inout TextWriter) {
    switch first {
    case .some(let disk):
      writer.append("capacity=")
      writer.append(Int(truncatingIfNeeded: disk.capacity.count))
      writer.append(disk.isReadOnly ? " read-only\n" : " writable\n")
    case .none: break
    }
  }

  @Report("counts", "How often each operation was called")
  borrowing func counts(_ writer: inout TextWriter) { counters.value.report(&writer) }
}
