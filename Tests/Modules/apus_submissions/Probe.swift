// SPDX-License-Identifier: GPL-2.0-only
// apus_submissions: submits each combination of operation, flags, length and sector that a driver
// can express to one device, one after the other.

import Block
import Kernel
import Synchronization

/// The results of the submissions.
struct Counts: Sendable {
  var tried = 0
  var refused = 0
  var readOnly = 0
  var ended = 0
  var failed = 0
  /// The bio was submitted, and did not end in time.
  var lost = 0
  /// The bio was submitted, although the device below cannot be relied on to reject it.
  var unfit = 0
  /// The bio was refused, although it is valid.
  var wronged = 0

  func report(_ writer: inout TextWriter) {
    line("tried", tried, &writer)
    line("refused", refused, &writer)
    line("read_only", readOnly, &writer)
    line("ended", ended, &writer)
    line("failed", failed, &writer)
    line("lost", lost, &writer)
    line("unfit", unfit, &writer)
    line("wronged", wronged, &writer)
  }

  private func line(_ name: StaticCString, _ count: Int, _ writer: inout TextWriter) {
    writer.append(name)
    writer.append(" ")
    writer.append(count)
    writer.append("\n")
  }
}

/// Records that a bio has ended, and with which status.
@BioHandler
struct Ended: BioHandler, ~Copyable {
  let done: Completion
  let failed: Shared<Atomic<Int>>

  consuming func ended(_ bio: consuming Bio<Self>, _ status: BlockStatus) {
    if status != .ok { failed.value.wrappingAdd(1, ordering: .relaxed) }
    done.complete()
  }
}

/// How a bio's pages are filled.
enum Shape: Int {
  case none, page, piece, pieces, pieceAndPage
}

struct Probe: ~Copyable {
  // The set must end after its bios, and the device after the set, so `set` is declared before
  // `device`.
  let set: BioSet<Ended>
  let device: BlockDevice
  let done: Completion
  let failed: Shared<Atomic<Int>>
  let block: UInt64
  let zone: UInt64
  var counts = Counts()

  init(_ device: consuming BlockDevice, block: Int, zone: Int) throws(Errno) {
    let set = try BioSet<Ended>(reserve: 2)
    let done = try Completion(.kernel)
    let failed = try Shared(Atomic<Int>(0), .kernel)
    self.device = device
    self.set = set
    self.done = done
    self.failed = failed
    self.block = UInt64(truncatingIfNeeded: block)
    self.zone = UInt64(truncatingIfNeeded: zone)
  }

  static func operation(_ index: Int) -> Operation? {
    switch index {
    case 0: .read
    case 1: .write
    case 2: .flush
    case 3: .discard
    case 4: .secureErase
    case 5: .writeZeroes
    case 6: .zoneOpen
    case 7: .zoneClose
    case 8: .zoneFinish
    case 9: .zoneAppend
    case 10: .zoneReset
    case 11: .zoneResetAll
    default: nil
    }
  }

  static func flag(_ index: Int) -> OperationFlags? {
    switch index {
    case 0: OperationFlags.none
    case 1: .synchronous
    case 2: .metadata
    case 3: .priority
    case 4: .noMerge
    case 5: .idle
    case 6: .forcedUnitAccess
    case 7: .preflush
    case 8: .readAhead
    case 9: .background
    case 10: .noWait
    case 11: .polled
    case 12: .swap
    case 13: .failFastDevice
    case 14: .failFastTransport
    case 15: .failFastDriver
    default: nil
    }
  }

  static func carriesMemory(_ operation: Operation) -> Bool {
    operation == .read || operation == .write || operation == .zoneAppend
  }

  static func hasExtent(_ operation: Operation) -> Bool {
    operation == .discard || operation == .secureErase || operation == .writeZeroes
  }

  /// Whether the flags are valid for the operation, by this test's own rules.
  static func fit(_ operation: Operation, _ flags: OperationFlags) -> Bool {
    let isWrite = operation == .write || operation == .zoneAppend
    if flags.contains(.preflush) || flags.contains(.forcedUnitAccess), !isWrite, operation != .flush
    {
      return false
    }
    if flags.contains(.readAhead), operation != .read { return false }
    if flags.contains(.noWait), operation == .flush || operation.isZoneManagement { return false }
    return true
  }

  /// Whether a submission is valid by this test's own rules. Nil if only the device knows.
  func mayGo(
    _ operation: Operation, _ flags: OperationFlags, _ shape: Shape, _ sector: UInt64,
    _ extent: UInt64
  )
    -> Bool?
  {
    if !Probe.fit(operation, flags) { return false }
    if Probe.carriesMemory(operation) != (shape != .none) { return false }
    if sector > Sector.maximum.count { return false }
    if extent > UInt64(UInt32.max >> 9) { return false }
    let unit = block >> Sector.shift
    if Probe.carriesMemory(operation) {
      if sector & (unit &- 1) != 0 { return false }
      if unit > 1, shape != .page { return false }
      return operation == .zoneAppend ? nil : true
    }
    if Probe.hasExtent(operation) {
      if extent == 0 || (sector | extent) & (unit &- 1) != 0 { return false }
      return operation == .secureErase ? nil : true
    }
    if operation.isZoneManagement, zone > 0 {
      if operation == .zoneResetAll { return sector == 0 }
      return sector < device.capacity.count && sector & (zone &- 1) == 0
    }
    return true
  }

  func fill(_ bio: inout Bio<Ended>, _ shape: Shape) throws(Errno) {
    switch shape {
    case .none: break
    case .page: try bio.append(Page(.kernel | .zeroed))
    case .piece: try bio.append(Page(.kernel | .zeroed), byteCount: 512)
    case .pieces:
      var count = 0
      while count < 8 {
        try bio.append(Page(.kernel | .zeroed), byteCount: 512)
        count &+= 1
      }
    case .pieceAndPage:
      try bio.append(Page(.kernel | .zeroed), byteCount: 512)
      try bio.append(Page(.kernel | .zeroed))
    }
  }

  mutating func attempt(
    _ operation: Operation, _ flags: OperationFlags, _ shape: Shape, _ sector: UInt64,
    _ extent: UInt64
  ) throws(Errno) {
    // After a lost bio every further wait would time out too.
    if counts.lost > 0 { return }
    let expected = mayGo(operation, flags, shape, sector, extent)
    // (The flags of pages have no meaning for the bio itself, and the kernel must not complain.)
    var bio = try Bio(from: set, pageCapacity: 8, .kernel | .highMemory)
    try fill(&bio, shape)
    counts.tried &+= 1
    do throws(Errno) {
      try bio.submit(
        to: device, at: Sector(sector), operation, flags, extent: Sector(extent),
        handler: Ended(done: done.share(), failed: failed.share()))
    } catch {
      counts.refused &+= 1
      if error == .readOnly { counts.readOnly &+= 1 }
      if expected == true { counts.wronged &+= 1 }
      return
    }
    if expected == false { counts.unfit &+= 1 }
    if done.wait(timeout: Nanoseconds(10_000_000_000)) {
      counts.ended &+= 1
    } else {
      counts.lost &+= 1
    }
  }

  mutating func run() throws(Errno) {
    var index = 0
    while let operation = Probe.operation(index) {
      try flags(of: operation)
      try places(of: operation)
      index &+= 1
    }
    counts.failed = failed.value.load(ordering: .relaxed)
    // Checks that no bio ended twice.
    if done.tryWait() { counts.ended &+= 1_000_000 }
  }

  /// Submits each flag and each pair of flags, with otherwise valid arguments.
  mutating func flags(of operation: Operation) throws(Errno) {
    let shape: Shape = Probe.carriesMemory(operation) ? .page : .none
    let extent: UInt64 = Probe.hasExtent(operation) ? 8 : 0
    var first = 0
    while let one = Probe.flag(first) {
      var second = first
      while let other = Probe.flag(second) {
        try attempt(operation, one | other, shape, 0, extent)
        second &+= 1
      }
      first &+= 1
    }
  }

  /// Submits each sector, length and kind of memory.
  mutating func places(of operation: Operation) throws(Errno) {
    var shape = 0
    while let pages = Shape(rawValue: shape) {
      var place = 0
      while let sector = sector(place) {
        var length = 0
        while let extent = extent(length) {
          try attempt(operation, .none, pages, sector, extent)
          length &+= 1
          // The length of an operation with memory is the length of the memory.
          if Probe.carriesMemory(operation) { break }
        }
        place &+= 1
      }
      shape &+= 1
    }
  }

  func sector(_ index: Int) -> UInt64? {
    let end = device.capacity.count
    switch index {
    case 0: return 0
    case 1: return 1
    case 2: return 7
    case 3: return 8
    case 4: return zone
    case 5: return zone &+ 8
    case 6: return end &- 8
    case 7: return end
    case 8: return end &+ 8
    case 9: return end &+ zone
    case 10: return 0x7fff_ff00 << 17
    case 11: return 1 << 53
    case 12: return Sector.maximum.count
    case 13: return Sector.maximum.count &+ 1
    case 14: return UInt64.max &- 7
    case 15: return UInt64.max
    default: return nil
    }
  }

  func extent(_ index: Int) -> UInt64? {
    switch index {
    case 0: return 0
    case 1: return 1
    case 2: return 8
    case 3: return 12
    case 4: return device.capacity.count
    case 5: return device.capacity.count &+ 8
    case 6: return UInt64(UInt32.max >> 9)
    case 7: return UInt64(UInt32.max >> 9) &+ 1
    case 8: return 1 << 55
    case 9: return UInt64.max
    default: return nil
    }
  }

  /// Submits each operation once. Most of them change the device.
  mutating func changes() throws(Errno) {
    var index = 0
    while let operation = Probe.operation(index) {
      try attempt(
        operation, .none, Probe.carriesMemory(operation) ? .page : .none, 0,
        Probe.hasExtent(operation) ? 8 : 0)
      index &+= 1
    }
    counts.failed = failed.value.load(ordering: .relaxed)
  }
}
