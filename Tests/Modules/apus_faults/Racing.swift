// SPDX-License-Identifier: GPL-2.0-only
// apus_faults: the number of hardware queues changes while disks of the tag set are made and ended,
// and within the end of a disk.

import BlockMQ
import Kernel
import Synchronization

/// A disk whose requests end immediately.
@BlockDriver
struct RacingDevice: BlockDriver, ~Copyable {
  typealias TagSetData = Shared<RacingRoom>
  typealias HardwareQueueData = RacingQueue
  typealias RequestData = RacingRequest

  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext)
    -> QueueResult<Self>
  {
    request.start().end(.ok)
    return .accepted
  }

  static func makeHardwareQueueData(
    _ tagSetData: borrowing Shared<RacingRoom>, hardwareQueue: Int, node: NUMANode
  ) throws(Errno) -> RacingQueue { RacingQueue(room: tagSetData.share()) }

  static func makeRequestData(
    _ tagSetData: borrowing Shared<RacingRoom>, hardwareQueue: Int, node: NUMANode
  ) throws(Errno) -> RacingRequest { RacingRequest() }
}

/// Data of a request, which must end once.
struct RacingRequest: ~Copyable, Sendable {
  deinit { Racing.requestsEnded.wrappingAdd(1, ordering: .relaxed) }
}

/// The place where a hardware queue's data finds the tag set that it belongs to.
struct RacingRoom: ~Copyable, Sendable {
  let tagSet = SpinLock<TagSet<RacingDevice>?>(nil)
}

/// Data of a hardware queue. Its end changes the number of hardware queues, if the room has the tag
/// set.
struct RacingQueue: ~Copyable, Sendable {
  let room: Shared<RacingRoom>

  deinit {
    guard let tagSet = room.value.tagSet.withLock({ kept in kept.take() }) else { return }
    do throws(Errno) {
      try tagSet.change(to: QueueCounts(default: 2))
      Racing.changedWithin.wrappingAdd(1, ordering: .relaxed)
    } catch {
      if error == .busy { Racing.refusedWithin.wrappingAdd(1, ordering: .relaxed) }
    }
  }
}

/// Changes the number of hardware queues until it is stopped.
@ThreadHandler
struct Changing: ThreadHandler, ~Copyable {
  let tagSet: TagSet<RacingDevice>

  func run(_ thread: borrowing ThreadContext) {
    var count = 1
    while !thread.shouldStop {
      do throws(Errno) {
        try tagSet.change(to: QueueCounts(default: count))
        Racing.changed.wrappingAdd(1, ordering: .relaxed)
      } catch {
        Racing.refused.wrappingAdd(1, ordering: .relaxed)
      }
      count = 3 &- count
    }
  }
}

enum Racing {
  static let changed = Atomic<Int>(0)
  static let refused = Atomic<Int>(0)
  static let changedWithin = Atomic<Int>(0)
  static let refusedWithin = Atomic<Int>(0)
  static let requestsEnded = Atomic<Int>(0)

  @inline(never)
  static func run(disks: Int) throws(Errno) {
    let room = try Shared(RacingRoom(), .kernel)
    let tagSet = try TagSet<RacingDevice>(QueueCounts(default: 2), depth: 8, data: room.share())
    do {
      let thread = try KernelThread("apus_changing", Changing(tagSet: tagSet.share()))
      var number = 0
      while number < disks {
        let disk = try disk(tagSet)
        _ = disk
        number &+= 1
      }
      _ = thread
    }
    let disk = try disk(tagSet)
    var share: TagSet<RacingDevice>? = tagSet.share()
    room.value.tagSet.withLock { kept in kept = share.take() }
    _ = disk
  }

  private static func disk(_ tagSet: borrowing TagSet<RacingDevice>) throws(Errno) -> Disk<
    RacingDevice
  > {
    try Disk(
      DiskName("apusrace", 0), capacity: Sector(2048), limits: DiskLimits(),
      flags: .withoutPartitions, tagSet: tagSet,
      driver: RacingDevice())
  }

  static func report(_ writer: inout TextWriter) {
    writer.append(changed.load(ordering: .relaxed))
    writer.append(" ")
    writer.append(refused.load(ordering: .relaxed))
    writer.append(" ")
    writer.append(refusedWithin.load(ordering: .relaxed))
    writer.append(" ")
    writer.append(changedWithin.load(ordering: .relaxed))
    writer.append(" ")
    writer.append(requestsEnded.load(ordering: .relaxed))
    writer.append("\n")
  }
}
