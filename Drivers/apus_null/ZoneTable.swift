// SPDX-License-Identifier: GPL-2.0-only
// apus_null: the zones of a zoned device, and the rules for opening, writing, closing and resetting
// them.
// C source: drivers/block/null_blk/zoned.c

import BlockMQ
import Kernel

extension NullConfiguration {
  /// Corrects the zone parameters, as the kernel's `null_init_zoned_dev` does, or refuses them.
  ///
  /// Throws: `invalidArgument`, with the line in the log that the kernel's driver writes.
  mutating func validateZones() throws(Errno) {
    guard isZoned else { return }
    if zoneSize > size {
      log(.error, "Zone size larger than device capacity")
      throw .invalidArgument
    }
    if zoneCapacity == 0 { zoneCapacity = zoneSize }
    if zoneCapacity > zoneSize {
      log(.error, "zone capacity (\(zoneCapacity) MB) larger than zone size (\(zoneSize) MB)")
      throw .invalidArgument
    }
    if zoneCapacity != zoneSize, size & (zoneSize &- 1) != 0 {
      log(.error, "A smaller last zone is not allowed with zone capacity smaller than zone size.")
      throw .invalidArgument
    }
    guard zoneSize <= 1 << 20, let count = UInt32(exactly: zoneCount) else {
      log(.error, "zones of \(zoneSize) MB are too large, or too many")
      throw .invalidArgument
    }
    if conventionalZones >= count {
      conventionalZones = count &- 1
      log(.info, "changed the number of conventional zones to \(conventionalZones)")
    }
    let sequential = count &- conventionalZones
    if KernelConfiguration.isAtLeast(6, 12) {
      let blockSectors = max(blockSize >> 9, 1)
      let capacity = UInt32(truncatingIfNeeded: zoneCapacity &<< 11)
      maximumAppendSectors = min(maximumAppendSectors & ~(blockSectors &- 1), capacity)
    }
    if maximumActiveZones >= sequential {
      maximumActiveZones = 0
      log(.info, "zone_max_active limit disabled, limit >= zone count")
    }
    if maximumActiveZones > 0, maximumOpenZones > maximumActiveZones {
      maximumOpenZones = maximumActiveZones
      log(.info, "changed the maximum number of open zones to \(maximumOpenZones)")
    } else if maximumOpenZones >= sequential {
      maximumOpenZones = 0
      log(.info, "zone_max_open limit disabled, limit >= zone count")
    }
  }

  /// The number of zones. The zone size must be a power of two.
  var zoneCount: UInt {
    let shift = UInt(truncatingIfNeeded: zoneSize.trailingZeroBitCount)
    return (size &>> shift) &+ (size & (zoneSize &- 1) == 0 ? 0 : 1)
  }

  /// The limits of the zones.
  var zoneLimits: ZoneLimits {
    let size = Sector(UInt64(zoneSize &<< 11))
    let append = KernelConfiguration.isAtLeast(6, 12) ? Sector(UInt64(maximumAppendSectors)) : size
    return ZoneLimits(
      size: size, maximumOpen: maximumOpenZones == 0 ? nil : Int(maximumOpenZones),
      maximumActive: maximumActiveZones == 0 ? nil : Int(maximumActiveZones),
      maximumAppend: append.count == 0 ? nil : append)
  }
}

/// The zones, under a spin lock that is held for a few instructions. Copying data may sleep, so it
/// happens outside of this lock.
///
/// If the device keeps data, each zone also has a mutex, which is `struct nullb_zone`'s `mutex` in
/// the kernel's driver. A write holds it while it copies, and a reset while it discards. So a reset
/// that is reported as done never discards a later write, and an earlier write adds nothing later.
struct ZoneTable: ~Copyable, Sendable {
  fileprivate struct State: ~Copyable, Sendable {
    var zones: RigidArray<Zone>
    var implicitlyOpen = 0
    var explicitlyOpen = 0
    var closed = 0
    /// Where the search for a zone to close begins.
    var nextToClose: Int
  }

  private let state: SpinLockIRQ<State>
  /// One for each zone, or nil if the device does not keep data.
  private let contentLocks: RigidArray<Mutex<Void>>?
  private let shift: UInt64
  private let conventional: Int
  private let maximumOpen: Int
  private let maximumActive: Int
  let count: Int

  /// The write pointer of a zone that is read-only or offline.
  private static var noPlace: Sector { Sector(.max) }

  /// Makes the zones of a validated configuration.
  init(_ configuration: NullConfiguration) throws(Errno) {
    let count = Int(truncatingIfNeeded: configuration.zoneCount)
    let size = UInt64(configuration.zoneSize &<< 11)
    let zoneCapacity = UInt64(configuration.zoneCapacity &<< 11)
    let end = UInt64(configuration.size &<< 11)
    let contentLocks = configuration.isMemoryBacked ? try Self.makeLocks(count) : nil
    var zones = try RigidArray<Zone>(capacity: count, .kernel)
    var start: UInt64 = 0
    while zones.count < count {
      let length = min(size, end &- start)
      var zone = Zone(
        start: Sector(start), length: Sector(length), capacity: Sector(min(length, zoneCapacity)),
        writePointer: Sector(start), kind: .sequential, condition: .empty)
      if zones.count < Int(configuration.conventionalZones) {
        zone.kind = .conventional
        zone.condition = .noWritePointer
        zone.capacity = zone.length
        zone.writePointer = Sector(start &+ length)
      } else if configuration.zonesAreFull, KernelConfiguration.isAtLeast(6, 12) {
        zone.condition = .full
        zone.writePointer = zone.limit
      }
      try zones.append(zone)
      start &+= size
    }
    self.count = count
    self.contentLocks = contentLocks
    shift = UInt64(truncatingIfNeeded: size.trailingZeroBitCount)
    conventional = Int(configuration.conventionalZones)
    maximumOpen = Int(configuration.maximumOpenZones)
    maximumActive = Int(configuration.maximumActiveZones)
    state = SpinLockIRQ(State(zones: zones, nextToClose: Int(configuration.conventionalZones)))
  }

  private static func makeLocks(_ count: Int) throws(Errno) -> RigidArray<Mutex<Void>> {
    var locks = try RigidArray<Mutex<Void>>(capacity: count, .kernel)
    while !locks.isFull { try locks.append(try Mutex((), .kernel)) }
    return locks
  }

  private borrowing func number(of sector: Sector) -> Int {
    Int(truncatingIfNeeded: sector.count &>> shift)
  }

  /// Calls `body` while no other such body runs for the zone of a sector, if the device keeps data.
  ///
  /// Context: may sleep if the device keeps data.
  @inline(__always)
  borrowing func exclusively(
    in sector: Sector, _ body: () throws(BlockStatus) -> Void
  ) throws(BlockStatus) {
    switch contentLocks {
    case .some(let locks):
      try locks.withElement(at: min(number(of: sector), count &- 1)) { lock throws(BlockStatus) in
        try lock.withLock { _ throws(BlockStatus) in try body() }
      }
    case .none: try body()
    }
  }

  /// The zone with a number, or nil if there is none.
  private borrowing func zone(_ number: Int) -> Zone? {
    state.withLock { state in state.zones.withElement(at: number) { zone in copy zone } }
  }

  /// The zone that a sector is in.
  borrowing func zone(at sector: Sector) -> Zone? { zone(number(of: sector)) }

  /// Reports zones.
  borrowing func report(_ report: borrowing ZoneReport) throws(Errno) {
    var index = number(of: report.first)
    var left = report.limit
    while left > 0, let zone = zone(index) {
      guard try report.add(zone) else { return }
      index &+= 1
      left &-= 1
    }
  }

  /// Takes sectors at the write pointer for a write or an append, and returns where they begin. A
  /// write that fails afterwards returns them with `giveBack`.
  ///
  /// - Parameter isBad: whether the sectors from the given one on are bad. This fails the write,
  ///   and leaves the zone open.
  borrowing func take(
    _ sector: Sector, _ count: UInt64, isAppend: Bool, isBad: (Sector) -> Bool
  ) throws(BlockStatus) -> Sector {
    let number = number(of: sector)
    return try state.withLock { state throws(BlockStatus) in
      guard var zone = state.zones.withElement(at: number, { zone in copy zone }) else {
        throw BlockStatus.ioError
      }
      if zone.kind == .conventional {
        if isAppend || isBad(sector) { throw BlockStatus.ioError }
        return sector
      }
      let start = isAppend ? zone.writePointer : sector
      guard zone.condition != .full, start == zone.writePointer, start != ZoneTable.noPlace,
        start.count &+ count <= zone.limit.count
      else { throw BlockStatus.ioError }
      if zone.condition == .closed || zone.condition == .empty {
        try checkResources(zone.condition, &state)
        if zone.condition == .closed { state.closed &-= 1 }
        state.implicitlyOpen &+= 1
        zone.condition = .implicitlyOpen
      }
      state.set(zone, at: number)
      if isBad(start) { throw BlockStatus.ioError }
      zone.writePointer = Sector(start.count &+ count)
      if zone.writePointer == zone.limit {
        if zone.condition == .explicitlyOpen {
          state.explicitlyOpen &-= 1
        } else {
          state.implicitlyOpen &-= 1
        }
        zone.condition = .full
      }
      state.set(zone, at: number)
      return start
    }
  }

  /// Returns the most recently taken sectors, which were not written. Restores the write pointer,
  /// unless sectors behind them were taken meanwhile.
  borrowing func giveBack(_ start: Sector, _ count: UInt64) {
    let number = number(of: start)
    state.withLock { state in
      guard var zone = state.zones.withElement(at: number, { zone in copy zone }),
        zone.kind == .sequential,
        zone.writePointer.count == start.count &+ count
      else { return }
      if zone.condition == .full {
        zone.condition = .implicitlyOpen
        state.implicitlyOpen &+= 1
      }
      zone.writePointer = start
      state.set(zone, at: number)
    }
  }

  /// Whether one more zone may be active.
  private borrowing func mayActivate(_ state: borrowing State) -> Bool {
    maximumActive == 0
      || state.explicitlyOpen &+ state.implicitlyOpen &+ state.closed < maximumActive
  }

  /// Checks that a zone in this condition may be opened. May close another zone, one that a write
  /// opened, to make this possible.
  private borrowing func checkResources(_ condition: ZoneCondition, _ state: inout State)
    throws(BlockStatus)
  {
    if condition == .empty, !mayActivate(state) { throw .tooManyActiveZones }
    if maximumOpen == 0 || state.explicitlyOpen &+ state.implicitlyOpen < maximumOpen { return }
    guard state.implicitlyOpen > 0, mayActivate(state) else { throw .tooManyOpenZones }
    closeOne(&state)
  }

  /// Closes the next zone that a write opened.
  private borrowing func closeOne(_ state: inout State) {
    var number = state.nextToClose
    var left = count &- conventional
    while left > 0 {
      if number >= count { number = conventional }
      if var zone = state.zones.withElement(at: number, { zone in copy zone }),
        zone.condition == .implicitlyOpen
      {
        state.implicitlyOpen &-= 1
        if zone.writePointer == zone.start {
          zone.condition = .empty
        } else {
          zone.condition = .closed
          state.closed &+= 1
        }
        state.set(zone, at: number)
        state.nextToClose = number &+ 1
        return
      }
      number &+= 1
      left &-= 1
    }
  }

  /// Opens, closes, finishes or resets the zone of a sector. Returns the zone if it was reset, so
  /// that the caller can discard its contents.
  borrowing func manage(_ operation: Operation, at sector: Sector) throws(BlockStatus) -> Zone? {
    let number = number(of: sector)
    return try state.withLock { state throws(BlockStatus) in
      guard var zone = state.zones.withElement(at: number, { zone in copy zone }),
        zone.kind == .sequential,
        zone.condition != .readOnly, zone.condition != .offline
      else { throw BlockStatus.ioError }
      var isReset = false
      if operation == .zoneOpen {
        try open(&zone, &state)
      } else if operation == .zoneClose {
        try close(&zone, &state)
      } else if operation == .zoneFinish {
        try finish(&zone, &state)
      } else if operation == .zoneReset {
        state.leave(zone.condition)
        zone.condition = .empty
        zone.writePointer = zone.start
        isReset = true
      } else {
        throw BlockStatus.notSupported
      }
      state.set(zone, at: number)
      return isReset ? zone : nil
    }
  }

  private borrowing func open(_ zone: inout Zone, _ state: inout State) throws(BlockStatus) {
    if zone.condition == .explicitlyOpen { return }
    if zone.condition == .empty || zone.condition == .closed {
      try checkResources(zone.condition, &state)
    } else if zone.condition != .implicitlyOpen {
      throw .ioError
    }
    state.leave(zone.condition)
    state.explicitlyOpen &+= 1
    zone.condition = .explicitlyOpen
  }

  private borrowing func close(_ zone: inout Zone, _ state: inout State) throws(BlockStatus) {
    if zone.condition == .closed { return }
    guard zone.condition == .implicitlyOpen || zone.condition == .explicitlyOpen else {
      throw .ioError
    }
    state.leave(zone.condition)
    if zone.writePointer == zone.start {
      zone.condition = .empty
    } else {
      zone.condition = .closed
      state.closed &+= 1
    }
  }

  private borrowing func finish(_ zone: inout Zone, _ state: inout State) throws(BlockStatus) {
    // With limits, a full zone does not change, as in the kernel's driver.
    if zone.condition == .full, maximumOpen > 0 || maximumActive > 0 { return }
    if zone.condition == .empty || zone.condition == .closed {
      try checkResources(zone.condition, &state)
    }
    state.leave(zone.condition)
    zone.condition = .full
    zone.writePointer = Sector(zone.start.count &+ zone.length.count)
  }

  /// Resets every zone that is not empty, read-only or offline, and passes each to `body`,
  /// exclusively.
  borrowing func resetAll(_ body: (Zone) throws(BlockStatus) -> Void) throws(BlockStatus) {
    var number = conventional
    while number < count {
      let start = Sector(UInt64(truncatingIfNeeded: number) &<< shift)
      try exclusively(in: start) { () throws(BlockStatus) in
        guard let zone = zone(number), zone.condition != .empty,
          zone.condition != .readOnly, zone.condition != .offline,
          let reset = try manage(.zoneReset, at: start)
        else { return }
        try body(reset)
      }
      number &+= 1
    }
  }

  /// Makes the zone of a sector read-only or offline. If the zone is that already, makes it empty,
  /// and returns it.
  ///
  /// Throws: `invalidArgument` for a sector outside the sequential zones, with a line in the log.
  borrowing func toggle(offline: Bool, at sector: Sector) throws(Errno) -> Zone? {
    let number = number(of: sector)
    guard sector.count &>> shift < UInt64(truncatingIfNeeded: count), let now = zone(number) else {
      log(.error, "Sector out of range")
      throw .invalidArgument
    }
    guard now.kind == .sequential else {
      log(.error, "Can not change condition of conventional zones")
      throw .invalidArgument
    }
    return try state.withLock { state throws(Errno) in
      guard var zone = state.zones.withElement(at: number, { zone in copy zone }) else {
        throw .invalidArgument
      }
      let isBack =
        (offline && zone.condition == .offline) || (!offline && zone.condition == .readOnly)
      if isBack {
        zone.condition = .empty
        zone.writePointer = zone.start
      } else {
        state.leave(zone.condition)
        if offline { zone.condition = .offline } else { zone.condition = .readOnly }
        zone.writePointer = ZoneTable.noPlace
      }
      state.set(zone, at: number)
      return isBack ? zone : nil
    }
  }
}

extension ZoneTable.State {
  fileprivate mutating func set(_ zone: Zone, at number: Int) {
    zones.withMutableElement(at: number) { $0 = zone }
  }

  /// Updates the counters when a zone leaves a condition.
  fileprivate mutating func leave(_ condition: ZoneCondition) {
    if condition == .implicitlyOpen { implicitlyOpen &-= 1 }
    if condition == .explicitlyOpen { explicitlyOpen &-= 1 }
    if condition == .closed { closed &-= 1 }
  }
}

extension Zone {
  /// The first sector beyond the writable range.
  var limit: Sector { Sector(start.count &+ capacity.count) }
}
