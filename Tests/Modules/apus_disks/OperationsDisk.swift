// SPDX-License-Identifier: GPL-2.0-only
// The driver of apusdisk0. It stores what is written, has bad sectors, and implements each
// operation that a disk can have.

import BlockMQ
import Kernel
import Synchronization

@BlockDriver
struct OperationsDisk: BlockDriver, ~Copyable {
  /// The disk's data. It lives as long as the disk has a user. Its deinit records whether the
  /// driver ended before it.
  struct DiskData: ~Copyable, Sendable {
    let counters: Shared<Counters>

    deinit {
      let isLater = counters.value.endedUnder.load(ordering: .relaxed) >= 0
      counters.value.dataEnded.wrappingAdd(isLater ? 1 : 1000, ordering: .relaxed)
    }
  }

  let pages: XArray<Page>
  let bad: BadBlocks
  let counters: Shared<Counters>
  let refuses = Atomic<Bool>(false)
  let number = Atomic<UInt32>(0)
  let held: Completion
  /// Whether the driver keeps the next request, and the request that it kept.
  let keeps = Atomic<Bool>(false)
  let kept: SpinLockIRQ<Request<Self>?>
  /// The changes of the medium so far.
  let mediumChanged = Atomic<Bool>(false)
  let ejectRequested = Atomic<Bool>(false)
  /// The sector of the partition table, or 0.
  let table = Atomic<UInt64>(0)
  let reservation = SpinLockIRQ(Reservation())

  init(_ counters: borrowing Shared<Counters>) throws(Errno) {
    let pages = try XArray<Page>(.kernel)
    let bad = try BadBlocks()
    let held = try Completion(.kernel)
    self.pages = pages
    self.bad = bad
    self.held = held
    kept = SpinLockIRQ(nil)
    self.counters = counters.share()
  }

  deinit {
    counters.value.endedUnder.store(
      counters.value.underWay.load(ordering: .relaxed), ordering: .relaxed)
  }

  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext)
    -> QueueResult<Self>
  {
    let request = request.start()
    if request.flags.isAtomic { counters.value.atomicWrites.wrappingAdd(1, ordering: .relaxed) }
    if keeps.exchange(false, ordering: .relaxed) {
      var given: Request<Self>? = request
      kept.withLock { kept in kept = given.take() }
      return .accepted
    }
    let count = Sector(UInt64(truncatingIfNeeded: request.byteCount) &>> Sector.shift)
    if count > Sector(0), bad.first(from: request.sector, count: count) != nil {
      request.end(.medium)
      return .accepted
    }
    do throws(Errno) {
      switch request.operation {
      case .read: try read(request)
      case .write: try write(request)
      default: break
      }
      request.end(.ok)
    } catch {
      request.end(BlockStatus(error))
    }
    return .accepted
  }

  func read(_ request: borrowing Request<Self>) throws(Errno) {
    try request.forEachPiece { segment, piece throws(Errno) in
      let found: Void? = try pages.withElement(at: piece.page) { page throws(Errno) in
        try page.withBytes { bytes throws(Errno) in
          try segment.write(
            at: piece.segmentOffset, length: piece.length, from: bytes, at: piece.pageOffset)
        }
      }
      if found == nil { try segment.zero(at: piece.segmentOffset, length: piece.length) }
    }
  }

  func write(_ request: borrowing Request<Self>) throws(Errno) {
    try request.forEachPiece { segment, piece throws(Errno) in
      if pages.withElement(at: piece.page, { _ in }) == nil {
        try pages.insert(Page(.noIO | .zeroed), at: piece.page, .noIO)
      }
      try pages.withElement(at: piece.page) { page throws(Errno) in
        try page.withMutableBytes { bytes throws(Errno) in
          try segment.read(
            at: piece.segmentOffset, length: piece.length, into: bytes, at: piece.pageOffset)
        }
      }
    }
  }

  func makeDiskData() throws(Errno) -> DiskData { DiskData(counters: counters.share()) }

  func openDisk(_ mode: OpenMode) throws(Errno) {
    if refuses.load(ordering: .relaxed) { throw .noMedium }
    counters.value.opened.wrappingAdd(1, ordering: .relaxed)
    if mode.isWritable { counters.value.openedToWrite.wrappingAdd(1, ordering: .relaxed) }
    if mode.isExclusive { counters.value.openedExclusively.wrappingAdd(1, ordering: .relaxed) }
  }

  func releaseDisk() { counters.value.released.wrappingAdd(1, ordering: .relaxed) }

  func geometry() throws(Errno) -> DiskGeometry {
    DiskGeometry(heads: 4, sectors: 16, cylinders: 2048)
  }

  func changeReadOnly(to isReadOnly: Bool) throws(Errno) {
    if refuses.load(ordering: .relaxed) { throw .readOnly }
  }

  func uniqueIdentifier(_ kind: UniqueIdentifier.Kind) throws(Errno) -> UniqueIdentifier {
    switch kind {
    case .t10: throw .noData
    case .eui64: UniqueIdentifier(0x0123_4567_89ab_cdef)
    case .naa: UniqueIdentifier(0x6001_0203_0405_0607, 0x0809_0a0b_0c0d_0e0f)
    }
  }

  func partitionTableSector() throws(Errno) -> Sector {
    let sector = table.load(ordering: .relaxed)
    if sector == 0 { throw .noData }
    return Sector(sector)
  }

  func checkEvents(_ clearing: DiskEvents) -> DiskEvents {
    counters.value.checked.wrappingAdd(1, ordering: .relaxed)
    let changed: DiskEvents =
      mediumChanged.exchange(false, ordering: .relaxed) ? .mediumChanged : .none
    return ejectRequested.exchange(false, ordering: .relaxed) ? changed | .ejectRequested : changed
  }

  func changeReservation(_ change: ReservationChange) throws(Errno) {
    try reservation.withLock { reservation throws(Errno) in try reservation.apply(change) }
  }

  func swapSlotFreed(_ page: UInt) {
    counters.value.slotsFreed.wrappingAdd(1, ordering: .relaxed)
    // The script places swap in a partition of 8192 sectors that begins at sector 2048.
    if page < 256 || page >= 1280 {
      counters.value.slotsElsewhere.wrappingAdd(1, ordering: .relaxed)
    }
  }

  // The ioctl commands, of type 0xa5.
  static var answer: IoctlCommand { .plain(0xa5, 1) }
  static var get: IoctlCommand { .giving(0xa5, 2, byteCount: 4) }
  static var set: IoctlCommand { .taking(0xa5, 3, byteCount: 4) }
  static var invert: IoctlCommand { .exchanging(0xa5, 4, byteCount: 64) }
  static var wait: IoctlCommand { .plain(0xa5, 5) }
  static var letGo: IoctlCommand { .plain(0xa5, 6) }
  static var who: IoctlCommand { .plain(0xa5, 7) }
  static var beyond: IoctlCommand { .exchanging(0xa5, 8, byteCount: 6) }

  func control(_ call: borrowing Ioctl) throws(Errno) -> Int32 {
    switch call.command {
    case Self.answer: return Int32(truncatingIfNeeded: call.argument &+ 1)
    case Self.get: try call.writeInteger(number.load(ordering: .relaxed))
    case Self.set:
      guard call.openMode.isWritable else { throw .notPermitted }
      number.store(try call.readInteger(), ordering: .relaxed)
    case Self.invert: try invert(call)
    case Self.wait:
      counters.value.underWay.wrappingAdd(1, ordering: .relaxed)
      _ = held.wait(timeout: .milliseconds(3000))
      counters.value.underWay.wrappingSubtract(1, ordering: .relaxed)
    case Self.letGo: held.complete()
    case Self.who: return (call.isByAdministrator ? 1 : 0) + (call.isFrom32Bits ? 2 : 0)
    // The second number does not lie within the six bytes.
    case Self.beyond: try call.writeInteger(call.readInteger(at: 0, as: UInt32.self), at: 4)
    default: throw .inappropriateForDevice
    }
    return 0
  }

  /// Inverts each byte of the caller's memory.
  func invert(_ call: borrowing Ioctl) throws(Errno) {
    var page = try Page(.kernel)
    let length = call.command.byteCount
    try page.withMutableBytes { bytes throws(Errno) in
      try call.read(length: length, into: bytes)
      var index = 0
      while index < length {
        let byte = bytes.withBytes { $0.byte(at: index) }
        try bytes.store(~(byte ?? 0), at: index)
        index &+= 1
      }
    }
    try page.withBytes { bytes throws(Errno) in try call.write(length: length, from: bytes) }
  }
}

/// The reservation of the disk: one key, and the kind of reservation, if there is one.
struct Reservation {
  var key: UInt64 = 0
  var kind: ReservationKind?
  var isAborted = false

  mutating func apply(_ change: ReservationChange) throws(Errno) {
    switch change {
    case .register(let key, let replacing):
      if let replacing, replacing != self.key { throw .busy }
      self.key = key
    case .reserve(let key, let kind):
      guard key == self.key, self.kind == nil else { throw .busy }
      self.kind = kind
    case .release(let key, let kind):
      guard key == self.key, self.kind == kind else { throw .busy }
      self.kind = nil
    case .preempt(let key, let other, let kind, let aborting):
      guard other == self.key else { throw .busy }
      self = Reservation(key: key, kind: kind, isAborted: aborting)
    case .clear(let key):
      guard key == self.key else { throw .busy }
      self = Reservation()
    }
  }
}

/// A driver with no operation but `queue`.
@BlockDriver
struct BareDisk: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext)
    -> QueueResult<Self>
  {
    request.start().end(.ok)
    return .accepted
  }
}
