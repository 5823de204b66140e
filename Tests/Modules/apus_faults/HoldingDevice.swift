// SPDX-License-Identifier: GPL-2.0-only
// apus_faults: a block device that keeps a request in each place where a driver can store one.

import BlockMQ
import Kernel
import Synchronization

/// Where the request is kept.
enum Place: Int {
  /// In the data of another request, which is itself kept in the data of a third one. The third one
  /// ends.
  case requestData
  /// In the data of a flush request, which ends.
  case flushData
  /// In the hardware queue's data.
  case hardwareQueueData
  /// In the tag set's data.
  case tagSetData
  /// In the disk's data.
  case diskData
  /// In state of the module, which a timer empties some seconds later.
  case module
  /// In the driver, until debugfs shows a request. Then the driver requeues it. The second request
  /// is on the requeue list.
  case shown
  /// Nowhere. `queue` ends the request, and goes on to use the borrowed hardware queue for two
  /// seconds.
  case changed
}

/// A hardware queue's data.
struct QueueRoom: ~Copyable, Sendable {
  private static let made = Atomic<UInt64>(0)
  /// A bit for each of the last 64 that were made: whether it has ended.
  static let ended = Atomic<UInt64>(0)
  /// How often such data ended while a call borrowed it.
  static let endedEarly = Atomic<Int>(0)

  let room = Room()
  let bit: UInt64

  init() {
    bit = 1 &<< (QueueRoom.made.wrappingAdd(1, ordering: .relaxed).newValue & 63)
    QueueRoom.ended.bitwiseAnd(~bit, ordering: .sequentiallyConsistent)
  }

  deinit { QueueRoom.ended.bitwiseOr(bit, ordering: .sequentiallyConsistent) }
}

/// Room for one request. Counts how many were made and how many ended.
struct Room: ~Copyable, Sendable {
  static let made = Atomic<Int>(0)
  static let ended = Atomic<Int>(0)

  let request = SpinLockIRQ<Request<HoldingDevice>?>(nil)

  init() { Room.made.wrappingAdd(1, ordering: .relaxed) }

  deinit { Room.ended.wrappingAdd(1, ordering: .relaxed) }

  /// Stores a request, and returns the request that was stored before.
  func exchange(_ next: consuming Request<HoldingDevice>?) -> Request<HoldingDevice>? {
    var next = next
    request.withLock { kept in swap(&kept, &next) }
    return next
  }
}

@BlockDriver
struct HoldingDevice: BlockDriver, ~Copyable {
  typealias RequestData = Room
  typealias HardwareQueueData = QueueRoom
  typealias TagSetData = Shared<Room>
  typealias DiskData = Shared<Room>

  let place: Place
  let isArmed = Atomic<Bool>(false)
  let offered = Atomic<Int>(0)
  /// Room of the driver's own, for a request that will move to another request's data.
  let waiting = Room()
  /// The driver's share of room that the tag set's data, the disk's data or the module also owns.
  let shared: Shared<Room>

  init(_ place: Place, _ shared: consuming Shared<Room>) {
    self.place = place
    self.shared = shared
  }

  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext)
    -> QueueResult<Self>
  {
    let request = request.start()
    guard isArmed.load(ordering: .acquiring) else {
      request.end(.ok)
      return .accepted
    }
    let number = offered.wrappingAdd(1, ordering: .relaxed).newValue
    switch place {
    case .requestData:
      if let earlier = waiting.exchange(nil) { request.data.exchange(earlier)?.end(.ok) }
      if number < 3 {
        waiting.exchange(request)?.end(.ok)
      } else {
        request.end(.ok)
      }
    case .flushData:
      if request.operation == .flush {
        if let earlier = waiting.exchange(nil) { request.data.exchange(earlier)?.end(.ok) }
        request.end(.ok)
      } else {
        waiting.exchange(request)?.end(.ok)
      }
    case .hardwareQueueData:
      var kept: Request<Self>? = request
      context.withHardwareQueue { queue in queue.data.room.exchange(kept.take())?.end(.ok) }
    case .changed:
      var offered: Request<Self>? = request
      context.withHardwareQueue { queue in
        // (The data of the tag set's other disk may end meanwhile.)
        let bit = queue.data.bit
        offered.take()?.end(.ok)
        let end = Instant.now + .seconds(2)
        while Instant.now < end {}
        if QueueRoom.ended.load(ordering: .sequentiallyConsistent) & bit != 0 {
          QueueRoom.endedEarly.wrappingAdd(1, ordering: .relaxed)
        } else {
          queue.data.room.exchange(nil)?.end(.ok)
        }
      }
    case .shown:
      if number == 1 {
        waiting.exchange(request)?.end(.ok)
      } else if number == 2 {
        request.requeue(kick: false)
      } else {
        request.end(.ok)
      }
    case .tagSetData, .diskData, .module:
      shared.value.exchange(request)?.end(.ok)
    }
    return .accepted
  }

  func show(_ request: borrowing BorrowedRequest<Self>, _ writer: inout TextWriter) {
    writer.append(" shown")
    if place == .shown { waiting.exchange(nil)?.requeue() }
  }

  static func makeRequestData(
    _ tagSetData: borrowing Shared<Room>, hardwareQueue: Int, node: NUMANode
  ) throws(Errno) -> Room { Room() }

  static func makeHardwareQueueData(
    _ tagSetData: borrowing Shared<Room>, hardwareQueue: Int, node: NUMANode
  ) throws(Errno) -> QueueRoom { QueueRoom() }

  func makeDiskData() throws(Errno) -> Shared<Room> {
    if place == .diskData { return shared.share() }
    return try Shared(Room(), .kernel)
  }
}

/// A disk that keeps a request, and the tag set if the module keeps a share of it.
struct Holding: ~Copyable {
  /// Another disk of the tag set, which was added before. It is there for `changed` only.
  var earlier: Disk<HoldingDevice>?
  var disk: Disk<HoldingDevice>?
  let tagSet: TagSet<HoldingDevice>?
  let timer: Timer<RoomTimer>
  let place: Place

  @inline(never)
  init(_ place: Place, keepsTagSet: Bool, sharesTags: Bool) throws(Errno) {
    let module = try Shared(Room(), .kernel)
    let shared = try Shared(Room(), .kernel)
    let timer = try Timer(RoomTimer(room: module.share()), .kernel)
    let tagSet = try TagSet<HoldingDevice>(
      QueueCounts(default: place == .changed || sharesTags ? 2 : 1), depth: 16,
      maySleep: place == .changed,
      requestTimeout: 3000, sharesTags: sharesTags, data: shared.share())
    let room = place == .module ? module.share() : shared.share()
    var earlier: Disk<HoldingDevice>?
    if place == .changed { earlier = try Holding.disk(place, tagSet, room, number: 1) }
    var disk: Disk<HoldingDevice>? = try Holding.disk(place, tagSet, room)
    self.earlier = earlier.take()
    self.disk = disk.take()
    self.tagSet = keepsTagSet ? tagSet.share() : nil
    self.timer = timer
    self.place = place
  }

  @inline(never)
  static func disk(
    _ place: Place, _ tagSet: borrowing TagSet<HoldingDevice>, _ room: borrowing Shared<Room>,
    number: Int = 0
  ) throws(Errno) -> Disk<HoldingDevice> {
    var limits = DiskLimits()
    limits.hasWriteCache = true
    return try Disk(
      DiskName("apushold", number), capacity: Sector(2048), limits: limits,
      flags: .withoutPartitions, tagSet: tagSet,
      driver: HoldingDevice(place, room.share()))
  }

  /// From here on the driver keeps requests.
  borrowing func arm() {
    switch disk {
    case .some(let disk): disk.driver.isArmed.store(true, ordering: .releasing)
    case .none: break
    }
  }

  /// Removes the disk.
  mutating func end() {
    if place == .module { timer.start(after: .seconds(11)) }
    disk = nil
    earlier = nil
  }

  /// Changes the number of hardware queues to one.
  mutating func change() throws(Errno) {
    switch tagSet {
    case .some(let tagSet): try tagSet.change(to: QueueCounts(default: 1))
    case .none: throw .noSuchDevice
    }
  }

  @inline(never)
  private borrowing func another(_ room: borrowing Shared<Room>) throws(Errno) -> Disk<
    HoldingDevice
  > {
    switch tagSet {
    case .some(let tagSet): return try Holding.disk(place, tagSet, room)
    case .none: throw .noSuchDevice
    }
  }

  /// Makes another disk with the same tag set.
  mutating func again() throws(Errno) {
    let room = try Shared(Room(), .kernel)
    disk = try another(room)
  }
}

/// Ends the request that the module keeps.
@TimerHandler
struct RoomTimer: TimerHandler, ~Copyable {
  let room: Shared<Room>

  func expired(_ timer: borrowing TimerContext) -> TimerAction {
    room.value.exchange(nil)?.end(.ok)
    return .stop
  }
}
