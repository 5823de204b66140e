// SPDX-License-Identifier: GPL-2.0-only
// apus_faults: apusfail0 and apusfail1, disks of one tag set whose driver cannot always make the
// data of a hardware queue or of a request.

import BlockMQ
import Kernel
import Synchronization

/// Counts down to the calls of a function that fail.
struct FailingCalls: ~Copyable, Sendable {
  private let left = Atomic<Int>(0)

  private let isForGood = Atomic<Bool>(false)

  /// The call with this number fails, counted from 1, and so do all that follow if the number is
  /// negative, or else the next one. With 0 none fails.
  borrowing func set(_ number: Int) {
    isForGood.store(number < 0, ordering: .sequentiallyConsistent)
    left.store(
      number == 0 ? 0 : (number < 0 ? 0 &- number : number) &+ 1, ordering: .sequentiallyConsistent)
  }

  borrowing func shouldFail() -> Bool {
    let left = left.wrappingSubtract(1, ordering: .sequentiallyConsistent).oldValue
    return left == 1 || left == 2
      || isForGood.load(ordering: .sequentiallyConsistent) && left <= 0
  }

  /// Whether no call has failed yet.
  var isPending: Bool { left.load(ordering: .sequentiallyConsistent) > 1 }
}

/// Data of a hardware queue or of a request.
struct FailingRoom: ~Copyable, Sendable {
  static let queues = FailingCalls()
  static let requests = FailingCalls()
  static let made = Atomic<Int>(0)
  static let ended = Atomic<Int>(0)

  /// Two values, so that a copy that is not whole is seen.
  private let number: Int
  private let twice: Int

  init(_ calls: borrowing FailingCalls, _ number: Int) throws(Errno) {
    if calls.shouldFail() { throw .ioError }
    FailingRoom.made.wrappingAdd(1, ordering: .relaxed)
    self.number = number
    twice = 2 &* number
  }

  /// Whether this is the data of that hardware queue.
  func belongs(to hardwareQueue: Int) -> Bool { number == hardwareQueue && twice == 2 &* number }

  deinit { FailingRoom.ended.wrappingAdd(1, ordering: .relaxed) }
}

/// A disk whose requests end immediately if their data and that of their hardware queue are there.
@BlockDriver
struct FailingDevice: BlockDriver, ~Copyable {
  typealias HardwareQueueData = FailingRoom
  typealias RequestData = FailingRoom

  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext)
    -> QueueResult<Self>
  {
    let isWhole = context.withHardwareQueue { queue in
      // A hardware queue that ends has this run pending.
      queue.run(afterMilliseconds: 2000)
      return queue.data.belongs(to: queue.index)
    }
    let isOwn = request.data.belongs(to: request.hardwareQueueIndex)
    request.start().end(isWhole && isOwn ? .ok : .ioError)
    return .accepted
  }

  static func makeHardwareQueueData(
    _ tagSetData: borrowing NoData, hardwareQueue: Int, node: NUMANode
  ) throws(Errno) -> FailingRoom { try FailingRoom(FailingRoom.queues, hardwareQueue) }

  static func makeRequestData(
    _ tagSetData: borrowing NoData, hardwareQueue: Int, node: NUMANode
  ) throws(Errno) -> FailingRoom { try FailingRoom(FailingRoom.requests, hardwareQueue) }
}

/// The disks and their tag set.
struct Failing: ~Copyable {
  private let tagSet: TagSet<FailingDevice>
  private let first: Disk<FailingDevice>
  private let second: Disk<FailingDevice>

  init() throws(Errno) {
    let tagSet = try TagSet<FailingDevice>(hardwareQueues: 1, depth: 4)
    let first = try Failing.disk(0, tagSet)
    let second = try Failing.disk(1, tagSet)
    self.tagSet = tagSet
    self.first = first
    self.second = second
  }

  private static func disk(_ number: Int, _ tagSet: borrowing TagSet<FailingDevice>) throws(Errno)
    -> Disk<FailingDevice>
  {
    try Disk(
      DiskName("apusfail", number), capacity: Sector(2048),
      limits: DiskLimits(hasWriteCache: true), flags: .withoutPartitions, tagSet: tagSet,
      driver: FailingDevice())
  }

  borrowing func change(to hardwareQueues: Int) throws(Errno) {
    try tagSet.change(to: QueueCounts(default: hardwareQueues))
  }

  static func report(_ writer: inout TextWriter) {
    writer.append(FailingRoom.queues.isPending || FailingRoom.requests.isPending ? 1 : 0)
    writer.append(" ")
    writer.append(
      FailingRoom.made.load(ordering: .relaxed) &- FailingRoom.ended.load(ordering: .relaxed))
    writer.append("\n")
  }
}
