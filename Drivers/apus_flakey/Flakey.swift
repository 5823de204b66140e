// SPDX-License-Identifier: GPL-2.0-only
// apus_flakey: a target that periodically fails, drops or corrupts I/O for some seconds.

import DeviceMapper
import Kernel

@KernelModule(
  author: "The Apus authors", description: "An unreliable target, in safe Swift", version: "0.1.0",
  alias: "dm-apus-flakey")
struct FlakeyModule: KernelModule, ~Copyable {
  let registration: TargetRegistration<Flakey>

  init() throws(Errno) { registration = try TargetRegistration() }
}

/// `apus-flakey DEVICE START UP DOWN [COUNT FEATURE…]`
@DeviceMapperTarget("apus-flakey", version: (1, 5, 0), features: .zoned | .passesEncryption)
struct Flakey: Target, ~Copyable {
  struct BioData: TargetBioData {
    /// Whether the bio was mapped while the device was down, and has data.
    var canBeCorrupted = false
  }

  let device: UnderlyingDevice
  let start: Sector
  let up: UInt64
  let down: UInt64
  let features: Features
  let since = Instant.now
  let copies: BioSet<Copy>

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
    guard arguments.count >= 4 else { throw .invalid("Invalid argument count") }
    arguments.skip()
    let start = try arguments.nextSector("Invalid device sector")
    let up = try arguments.nextNumber(through: UInt64(UInt32.max), "Invalid up interval")
    let down = try arguments.nextNumber(through: UInt64(UInt32.max), "Invalid down interval")
    guard up &+ down > 0 else { throw .invalid("Total (up + down) interval is zero") }
    guard up &+ down <= UInt64(UInt32.max) else { throw .invalid("Interval overflow") }
    let features = try Features(&arguments)
    let copies = try explaining("Cannot allocate context") { () throws(Errno) in
      try BioSet<Copy>(reserve: 4)
    }
    device = try target.open(arguments, at: 0, "Device lookup failed")
    self.start = start
    self.up = up
    self.down = down
    self.features = features
    self.copies = copies
    target.setFlushBios(1)
    target.setDiscardBios(1)
  }

  /// Whether the device is down at this moment.
  var isDown: Bool {
    let seconds = UInt64(clamping: since.elapsed.count) / 1_000_000_000
    return Sector(seconds).divided(by: up &+ down).remainder >= up
  }

  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> {
    let sector = Sector(start.count &+ bio.targetSector.count)
    guard !bio.isZoneManagement, isDown else {
      return .remapped(bio.remapped(to: device, at: sector))
    }
    bio.data.canBeCorrupted = bio.hasData
    guard bio.isWrite else {
      return features.errorReads ? .kill(bio) : .remapped(bio.remapped(to: device, at: sector))
    }
    if features.dropWrites || features.errorWrites {
      bio.end(features.dropWrites ? .ok : .ioError)
      return .taken
    }
    // A zone append is not copied: only the bio itself can report the written position.
    guard bio.operation == .write, bio.hasData,
      let corruption = features.corruption(
        hasFlags: bio.hasAll(bits: features.flags), isWrite: true),
      let corrupted = corrupted(bio, corruption, in: target)
    else { return .remapped(bio.remapped(to: device, at: sector)) }
    send(corrupted, of: bio, to: sector)
    return .taken
  }

  /// The allocation flags for copies: `map` may sleep, but must not wait for memory forever.
  static var copying: AllocationFlags { .noIO | .noRetry | .noWarning }

  /// Returns a corrupted copy of a write, because the written memory does not belong to this
  /// target. Returns nil if there is no memory for a copy; the bio then goes unchanged.
  func corrupted(
    _ bio: borrowing TargetBio<Self>, _ corruption: Corruption, in target: borrowing MapContext
  ) -> Corrupted? {
    // The largest bio that the kernel's flakey copies.
    let longest = Sector(UInt64(1024 &* pageSize) >> Sector.shift)
    do throws(Errno) {
      if bio.length > longest { try target.acceptPartial(bio, longest) }
    } catch {
      // A write to a zone cannot be split: it is copied whole.
    }
    do throws(Errno) {
      var pages = try copy(of: bio, corruption.places(within: bio.byteCount))
      let bios = try self.bios(of: &pages, bio.byteCount)
      let original = Original(bio: nil, left: bios.count, status: .ok)
      return Corrupted(bios: bios, original: try Shared(SpinLockIRQ(original), Flakey.copying))
    } catch {
      return nil
    }
  }

  /// Copies the data that a bio writes, and applies the changes. All pages but the last one are
  /// full.
  func copy(of bio: borrowing TargetBio<Self>, _ changes: Changes) throws(Errno) -> List<Page> {
    var copy = List<Page>()
    var page: Page?
    var done = 0
    try bio.forEachSegment { segment throws(Errno) in
      var offset = 0
      while offset < segment.byteCount {
        let place = done % pageSize
        let length = min(segment.byteCount &- offset, pageSize &- place)
        var current = try begun(page.take())
        try current.withMutableBytes { bytes throws(Errno) in
          try segment.read(at: offset, length: length, into: bytes, at: place)
          try changes.apply(to: bytes, from: done, at: place, length: length)
        }
        done &+= length
        offset &+= length
        if done % pageSize == 0 {
          try copy.append(current, Flakey.copying)
        } else {
          page = consume current
        }
      }
    }
    if let last = page.take() { try copy.append(last, Flakey.copying) }
    return copy
  }

  /// Returns the page that was begun, or a new one.
  func begun(_ page: consuming Page?) throws(Errno) -> Page {
    switch consume page {
    case .some(let page): return page
    case .none: return try Page(Flakey.copying)
    }
  }

  /// Makes the bios for `byteCount` bytes in pages.
  ///
  /// The allocation does not wait for bios: those before them are submitted only after `map` has
  /// returned.
  func bios(of pages: inout List<Page>, _ byteCount: Int) throws(Errno) -> List<Bio<Copy>> {
    var bios = List<Bio<Copy>>()
    var left = byteCount
    while !pages.isEmpty {
      let capacity = min(pages.count, Bio<Copy>.maximumPageCount)
      var bio = try Bio(from: copies, pageCapacity: capacity, .noWait | .noWarning)
      while bio.pageCount < capacity, let page = pages.popFirst() {
        let length = min(left, pageSize)
        try bio.append(page, byteCount: length)
        left &-= length
      }
      try bios.append(bio, Flakey.copying)
    }
    return bios
  }

  /// Submits the copies of a bio in its place.
  func send(
    _ corrupted: consuming Corrupted, of bio: consuming TargetBio<Self>, to sector: Sector
  ) {
    var corrupted = corrupted
    let flags = bio.flags
    var place = sector.count
    var original: TargetBio<Self>? = consume bio
    corrupted.original.value.withLock { state in state.bio = original.take() }
    while let copy = corrupted.bios.popFirst() {
      do throws(Errno) {
        let part = Copy(original: corrupted.original.share())
        try copy.submit(to: device, at: Sector(place), .write, flags, handler: part)
      } catch {
        // The last share of the original ends the original bio, with an I/O error.
        return
      }
      place &+= UInt64(Bio<Copy>.maximumPageCount &* pageSize) >> Sector.shift
    }
  }

  func ended(
    _ bio: borrowing EndedBio<Self>, _ status: BlockStatus, in target: borrowing TargetContext
  ) -> EndResult {
    let canBeCorrupted = bio.withData { data in data.canBeCorrupted } ?? false
    guard status == .ok, canBeCorrupted, !bio.isWrite, !bio.isZoneManagement else {
      return .done(status)
    }
    if let corruption = features.corruption(
      hasFlags: bio.hasAll(bits: features.flags), isWrite: false)
    {
      let changes = corruption.places(within: bio.byteCount)
      var done = 0
      bio.forEachSegment { segment in
        changes.apply(to: segment, from: done)
        done &+= segment.byteCount
      }
    }
    // A read that was submitted while the device was down, with `error_reads`, has failed in `map`.
    return .done(status)
  }

  func status(
    _ request: StatusRequest, to writer: inout TextWriter, in target: borrowing TargetContext
  ) {
    guard request.kind == .table else { return }
    writer.append(device)
    writer.append(" ")
    writer.append(start)
    writer.append(" ")
    writer.append(up)
    writer.append(" ")
    writer.append(down)
    features.write(to: &writer)
  }

  func prepareIoctl(_ route: borrowing IoctlRoute, in target: borrowing TargetContext) throws(Errno)
  {
    route.pass(to: device, isWhole: start.count == 0 && target.length == device.capacity)
  }

  func reportZones(_ report: borrowing ZoneReport, in target: borrowing TargetContext) throws(Errno)
  {
    let sector = Sector(start.count &+ report.next.count &- target.begin.count)
    try report.forward(to: device, start: start, from: sector)
  }

  func visitDevices(_ visitor: borrowing DeviceVisitor, in target: borrowing TargetContext) {
    visitor.visit(device, from: start, length: target.length)
  }
}

/// A write with corrupted data: its bios are full, except for the last one.
struct Corrupted: ~Copyable {
  var bios: List<Bio<Copy>>
  let original: Shared<SpinLockIRQ<Original>>
}

/// A bio whose copies are in flight: how many are left, and the first error. It ends with the last
/// copy.
struct Original: ~Copyable, Sendable {
  var bio: TargetBio<Flakey>?
  var left: Int
  var status: BlockStatus
}

/// Writes a part of the corrupted data.
@BioHandler
struct Copy: BioHandler, ~Copyable {
  let original: Shared<SpinLockIRQ<Original>>

  consuming func ended(_ bio: consuming Bio<Copy>, _ status: BlockStatus) {
    var whole: TargetBio<Flakey>?
    var first = status
    original.value.withLock { state in
      if state.status == .ok { state.status = status }
      state.left &-= 1
      if state.left == 0 {
        whole = state.bio.take()
        first = state.status
      }
    }
    if let whole = whole.take() { whole.end(first) }
  }
}
