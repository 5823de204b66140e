// SPDX-License-Identifier: GPL-2.0-only
// The driver of apusdisk1: sixteen zones, two of them conventional. Data that is written is lost.

import BlockMQ
import Kernel
import Synchronization

@BlockDriver
struct ZonedDisk: BlockDriver, ~Copyable {
  static var zoneCount: Int { 16 }
  static var zoneSize: UInt64 { 8192 }
  static var zoneCapacity: UInt64 { 6144 }
  static var capacity: Sector { Sector(zoneSize &* UInt64(zoneCount)) }
  static var conventional: Int { 2 }
  static var maximumOpen: Int { 3 }
  static var maximumActive: Int { 5 }

  struct Zones {
    var zones: InlineArray<16, Zone>

    var open: Int { count { $0.isOpen } }
    var active: Int { count { $0.isActive } }

    func count(_ isCounted: (ZoneCondition) -> Bool) -> Int {
      var count = 0
      for index in zones.indices where isCounted(zones[index].condition) { count += 1 }
      return count
    }

    /// Opens a zone. Throws an error if too many zones are open or active already.
    mutating func open(_ index: Int, as condition: ZoneCondition) throws(BlockStatus) {
      let now = zones[index].condition
      switch now {
      case .empty, .closed, .implicitlyOpen, .explicitlyOpen: break
      default: throw .ioError
      }
      if !now.isActive, active >= ZonedDisk.maximumActive { throw .tooManyActiveZones }
      if !now.isOpen, open >= ZonedDisk.maximumOpen { throw .tooManyOpenZones }
      if now != .explicitlyOpen { zones[index].condition = condition }
    }

    /// Writes at a sector, or at the write pointer for an append. Returns the sector that was
    /// written.
    mutating func write(_ index: Int, at sector: Sector?, count: UInt64) throws(BlockStatus)
      -> Sector
    {
      let zone = zones[index]
      if zone.kind == .conventional {
        guard let sector else { throw .ioError }
        return sector
      }
      let start = sector ?? zone.writePointer
      guard start == zone.writePointer,
        start.count + count <= zone.start.count + zone.capacity.count
      else {
        throw .ioError
      }
      try open(index, as: .implicitlyOpen)
      zones[index].writePointer = Sector(start.count + count)
      if zones[index].writePointer.count == zone.start.count + zone.capacity.count {
        zones[index].condition = .full
      }
      return start
    }

    mutating func manage(_ index: Int, _ operation: Operation) throws(BlockStatus) {
      guard zones[index].kind == .sequential else { throw .ioError }
      switch operation {
      case .zoneOpen:
        try open(index, as: .explicitlyOpen)
        zones[index].condition = .explicitlyOpen
      case .zoneClose:
        guard zones[index].condition.isActive else { throw .ioError }
        zones[index].condition = zones[index].writePointer == zones[index].start ? .empty : .closed
      case .zoneFinish:
        zones[index].writePointer = Sector(zones[index].start.count + zones[index].length.count)
        zones[index].condition = .full
      default: reset(index)
      }
    }

    mutating func reset(_ index: Int) {
      guard zones[index].kind == .sequential else { return }
      zones[index].writePointer = zones[index].start
      zones[index].condition = .empty
    }
  }

  let zones: SpinLockIRQ<Zones>

  init() throws(Errno) {
    zones = SpinLockIRQ(
      Zones(
        zones: InlineArray { index in
          let start = Sector(UInt64(index) &* ZonedDisk.zoneSize)
          let isConventional = index < ZonedDisk.conventional
          return Zone(
            start: start, length: Sector(ZonedDisk.zoneSize),
            capacity: Sector(isConventional ? ZonedDisk.zoneSize : ZonedDisk.zoneCapacity),
            writePointer: start,
            kind: isConventional ? .conventional : .sequential,
            condition: isConventional ? .noWritePointer : .empty)
        }))
  }

  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext)
    -> QueueResult<Self>
  {
    let request = request.start()
    if request.operation == .writeZeroes {
      endByZone(request)
      return .accepted
    }
    do throws(BlockStatus) {
      if let sector = try carryOut(request) {
        request.end(writtenAt: sector)
      } else {
        request.end(.ok)
      }
    } catch {
      request.end(error)
    }
    return .accepted
  }

  /// Ends a request in parts of a zone's size. (The data is lost, as with writes.)
  func endByZone(_ request: consuming Request<Self>) {
    var rest: Request<Self>? = consume request
    while let request = rest.take() {
      rest = request.end(
        .ok, byteCount: Int(truncatingIfNeeded: ZonedDisk.zoneSize &<< Sector.shift))
    }
  }

  /// Carries out a request. Returns the sector that an append wrote.
  func carryOut(_ request: borrowing Request<Self>) throws(BlockStatus) -> Sector? {
    let index = Int(truncatingIfNeeded: request.sector.count / ZonedDisk.zoneSize)
    guard index < ZonedDisk.zoneCount else { throw .ioError }
    let (operation, sector) = (request.operation, request.sector)
    let count = UInt64(truncatingIfNeeded: request.byteCount) &>> Sector.shift
    switch operation {
    case .read:
      do throws(Errno) {
        try request.forEachSegment { segment throws(Errno) in
          try segment.zero(at: 0, length: segment.byteCount)
        }
      } catch {
        throw BlockStatus(error)
      }
    case .write:
      _ = try zones.withLock { zones throws(BlockStatus) in
        try zones.write(index, at: sector, count: count)
      }
    case .zoneAppend:
      return try zones.withLock { zones throws(BlockStatus) in
        try zones.write(index, at: nil, count: count)
      }
    case .zoneResetAll:
      zones.withLock { zones in for index in 0..<ZonedDisk.zoneCount { zones.reset(index) } }
    case .flush: break
    default:
      guard operation.isZoneManagement else { throw .notSupported }
      try zones.withLock { zones throws(BlockStatus) in try zones.manage(index, operation) }
    }
    return nil
  }

  func reportZones(_ report: borrowing ZoneReport) throws(Errno) {
    let wrong = DisksModule.wrongReport
    var index = Int(truncatingIfNeeded: report.first.count / ZonedDisk.zoneSize)
    while index < ZonedDisk.zoneCount {
      let number = index
      index += 1
      // Adding a zone may sleep, so the driver does not hold the spin lock meanwhile.
      var zone = zones.withLock { $0.zones[number] }
      if wrong > 1 {
        // The kernel leaks the bitmap of the conventional zones when it refuses a report, so there
        // are none.
        zone.kind = .sequential
        zone.capacity = Sector(ZonedDisk.zoneCapacity)
      }
      switch wrong {
      case 2 where number == 5: continue
      case 3 where number == 5: zone.start = Sector(zone.start.count + 8)
      case 4 where number == 5: zone.start = Sector(0)
      case 5 where number == 5: zone.length = Sector(2 * ZonedDisk.zoneSize)
      case 6 where number == 5: zone.length = Sector(0)
      case 7 where number == 5: zone.start = Sector(UInt64.max - 8191)
      default: break
      }
      let isWanted = try report.add(zone)
      // With `wrong` 1 the driver ignores the answer, as a faulty driver would.
      if !isWanted, wrong != 1 { return }
    }
    if wrong == 8 {
      let beyond = Zone(
        start: ZonedDisk.capacity, length: Sector(8192), capacity: Sector(8192),
        writePointer: Sector(0),
        kind: .conventional, condition: .noWritePointer)
      try report.add(beyond)
    }
  }
}

/// Appends to a zone, as a file system does.
enum Appending {
  static func append(
    to path: borrowing CString, at sector: Sector, _ counters: borrowing Shared<Counters>
  ) throws(Errno) {
    let device = try BlockDevice(path: path)
    let set = try BioSet<Appended>(reserve: 1)
    let ended = try Completion(.kernel)
    var bio = try Bio(from: set, pageCapacity: 1, .kernel)
    try bio.append(Page(.kernel | .zeroed))
    try bio.submit(
      to: device, at: sector, .zoneAppend,
      handler: Appended(counters: counters.share(), ended: ended.share()))
    ended.wait()
  }
}

@BioHandler
struct Appended: BioHandler, ~Copyable {
  let counters: Shared<Counters>
  let ended: Completion

  consuming func ended(_ bio: consuming Bio<Self>, _ status: BlockStatus) {
    counters.value.appended.store(
      Int(truncatingIfNeeded: bio.appendedSector.count), ordering: .relaxed)
    counters.value.appendError.store(Int(status.errno?.rawValue ?? 0), ordering: .relaxed)
    ended.complete()
  }
}
