// SPDX-License-Identifier: GPL-2.0-only
// apus_null: executes the operations of a device, for requests and for bios.

import BlockMQ
import Kernel

/// The state that persists while a device is off: the device has it again when it is next switched
/// on.
struct Contents: ~Copyable, Sendable {
  let pages: Shared<PageStore>
  let badBlocks: Shared<BadBlocks>

  init() throws(Errno) {
    let pages = try Shared(PageStore(), .kernel)
    let badBlocks = try Shared(BadBlocks(), .kernel)
    self.pages = pages
    self.badBlocks = badBlocks
  }

  private init(pages: consuming Shared<PageStore>, badBlocks: consuming Shared<BadBlocks>) {
    self.pages = pages
    self.badBlocks = badBlocks
  }

  borrowing func share() -> Contents {
    Contents(pages: pages.share(), badBlocks: badBlocks.share())
  }
}

/// The status of an operation, and the first sector that it wrote.
struct Outcome {
  var status: BlockStatus
  var sector: Sector
}

/// A device that is on.
struct NullState: ~Copyable, Sendable {
  let configuration: NullConfiguration
  let contents: Contents
  let cache: WriteCache?
  let zones: ZoneTable?

  /// Makes a device. The configuration must be validated.
  init(_ configuration: NullConfiguration, _ contents: consuming Contents) throws(Errno) {
    let cache =
      configuration.cacheSize > 0 ? try WriteCache(mebibytes: configuration.cacheSize) : nil
    let zones = configuration.isZoned ? try ZoneTable(configuration) : nil
    self.configuration = configuration
    self.contents = contents
    self.cache = cache
    self.zones = zones
  }

  /// Executes an operation.
  borrowing func carryOut(_ io: borrowing some DeviceIO & ~Copyable) -> Outcome {
    do throws(BlockStatus) {
      if io.operation == .flush {
        try flush()
        return Outcome(status: .ok, sector: io.sector)
      }
      switch zones {
      case .some(let zones): return Outcome(status: .ok, sector: try transfer(io, zones))
      case .none: try transfer(io, at: io.sector, readable: .max)
      }
      return Outcome(status: .ok, sector: io.sector)
    } catch {
      return Outcome(status: error, sector: io.sector)
    }
  }

  /// Empties the cache, and returns the status.
  borrowing func flushed() -> BlockStatus {
    do throws(BlockStatus) {
      try flush()
      return .ok
    } catch {
      return error
    }
  }

  /// Empties the cache, if there is one.
  private borrowing func flush() throws(BlockStatus) {
    do throws(Errno) { try cache?.flush(to: contents.pages.value) } catch {
      throw BlockStatus(error)
    }
  }

  private borrowing func isBad(_ start: Sector, _ byteCount: Int) -> Bool {
    contents.badBlocks.value.first(
      from: start, count: Sector(UInt64(truncatingIfNeeded: byteCount &>> 9))) != nil
  }

  /// Executes an operation on a device with zones. Returns the first sector that was written.
  private borrowing func transfer(
    _ io: borrowing some DeviceIO & ~Copyable, _ zones: borrowing ZoneTable
  ) throws(BlockStatus) -> Sector {
    let operation = io.operation
    if operation == .write || operation == .zoneAppend {
      var start = io.sector
      try zones.exclusively(in: start) { () throws(BlockStatus) in
        start = try write(io, in: zones)
      }
      return start
    }
    if operation == .zoneResetAll {
      try zones.resetAll { zone throws(BlockStatus) in try forget(zone) }
    } else if operation.isZoneManagement {
      try zones.exclusively(in: io.sector) { () throws(BlockStatus) in
        if let zone = try zones.manage(operation, at: io.sector) { try forget(zone) }
      }
    } else {
      guard let zone = zones.zone(at: io.sector), zone.condition != .offline else { throw .ioError }
      let readable = zone.kind == .conventional ? Sector(.max) : zone.writePointer
      try transfer(io, at: io.sector, readable: readable.bytes ?? .max)
    }
    return io.sector
  }

  /// Writes at the write pointer of a zone. Returns the first sector that was written.
  private borrowing func write(
    _ io: borrowing some DeviceIO & ~Copyable, in zones: borrowing ZoneTable
  ) throws(BlockStatus) -> Sector {
    let count = UInt64(truncatingIfNeeded: io.byteCount &>> 9)
    let start = try zones.take(io.sector, count, isAppend: io.operation == .zoneAppend) {
      isBad($0, io.byteCount)
    }
    guard configuration.isMemoryBacked else { return start }
    do throws(Errno) { try write(io, at: start) } catch {
      zones.giveBack(start, count)
      throw NullState.status(error)
    }
    return start
  }

  /// Makes a zone read-only or offline, or makes it empty if it is that already.
  borrowing func toggle(offline: Bool, at sector: Sector) throws(Errno) {
    switch zones {
    case .some(let zones):
      var refusal: Errno?
      try? zones.exclusively(in: sector) { () throws(BlockStatus) in
        do throws(Errno) {
          if let zone = try zones.toggle(offline: offline, at: sector) { try discard(zone) }
        } catch { refusal = error }
      }
      if let refusal { throw refusal }
    case .none: throw .invalidArgument
    }
  }

  /// Discards the contents of a zone that was reset.
  private borrowing func forget(_ zone: Zone) throws(BlockStatus) {
    do throws(Errno) { try discard(zone) } catch { throw BlockStatus(error) }
  }

  private borrowing func discard(_ zone: Zone) throws(Errno) {
    guard configuration.isMemoryBacked, let byteCount = zone.length.bytes else { return }
    try discard(from: zone.start, byteCount: byteCount)
  }

  /// Reads, writes or discards. Does nothing on a device that is not memory-backed: a read leaves
  /// the reader's buffer unchanged.
  ///
  /// - Parameter readable: the first byte of the device that cannot be read, because it was not
  ///   written.
  private borrowing func transfer(
    _ io: borrowing some DeviceIO & ~Copyable, at start: Sector, readable: UInt64
  ) throws(BlockStatus) {
    if isBad(start, io.byteCount) { throw .ioError }
    guard configuration.isMemoryBacked else { return }
    do throws(Errno) {
      let operation = io.operation
      if operation == .read {
        try read(io, readable)
      } else if operation == .write {
        try write(io, at: start)
      } else if operation == .discard || operation == .writeZeroes {
        try discard(from: start, byteCount: UInt64(truncatingIfNeeded: io.byteCount))
      } else {
        throw Errno.notSupported
      }
    } catch {
      throw NullState.status(error)
    }
  }

  /// Reports a lack of memory as a lack of space, as a thin device does: file systems handle this.
  private static func status(_ error: Errno) -> BlockStatus {
    error == .outOfMemory ? .noSpace : BlockStatus(error)
  }

  private borrowing func read(_ io: borrowing some DeviceIO & ~Copyable, _ readable: UInt64)
    throws(Errno)
  {
    switch cache {
    case .some(let cache): try cache.read(io, from: contents.pages.value)
    case .none:
      try io.forEachPiece(from: io.sector) { segment, piece throws(Errno) in
        try contents.pages.value.read(segment, piece)
      }
    }
    guard readable != .max else { return }
    // Beyond the write pointer a read returns bytes of 0xff, as in the kernel's driver.
    try io.forEachPiece(from: io.sector) { segment, piece throws(Errno) in
      let first =
        UInt64(piece.page) &<< UInt64(truncatingIfNeeded: pageShift)
        &+ UInt64(truncatingIfNeeded: piece.pageOffset)
      let end = first &+ UInt64(truncatingIfNeeded: piece.length)
      guard end > readable else { return }
      let skipped = first >= readable ? 0 : Int(truncatingIfNeeded: readable &- first)
      try segment.fill(
        at: piece.segmentOffset &+ skipped, length: piece.length &- skipped, with: 0xff)
    }
  }

  private borrowing func write(_ io: borrowing some DeviceIO & ~Copyable, at start: Sector)
    throws(Errno)
  {
    switch cache {
    case .some(let cache):
      if io.isForcedUnitAccess {
        try cache.writeThrough(io, at: start, to: contents.pages.value)
      } else {
        try cache.write(io, at: start, to: contents.pages.value)
      }
    case .none:
      try io.forEachPiece(from: start) { segment, piece throws(Errno) in
        try contents.pages.value.write(segment, piece)
      }
    }
  }

  private borrowing func discard(from sector: Sector, byteCount: UInt64) throws(Errno) {
    guard let start = sector.bytes else { throw .invalidArgument }
    switch cache {
    case .some(let cache):
      try cache.discard(from: start, byteCount: byteCount, in: contents.pages.value)
    case .none: try contents.pages.value.discard(from: start, byteCount: byteCount)
    }
  }
}
