// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'queue.data' is borrowed and cannot be consumed|noncopyable 'queue.data' cannot be consumed
import BlockMQ

func room(_ queue: borrowing HardwareQueue<Probe>) -> Int {
  let room = queue.data; return room.count.withLock { $0 } // MISUSE
  queue.data.count.withLock { $0 } // TWIN
}

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  struct Room: ~Copyable, Sendable { let count = SpinLockIRQ(0) }
  typealias RequestData = Room
  typealias HardwareQueueData = Room
  typealias TagSetData = Room

  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }

  static func makeRequestData(
    _ tagSetData: borrowing Room, hardwareQueue: Int, node: NUMANode
  ) throws(Errno) -> Room { Room() }

  static func makeHardwareQueueData(
    _ tagSetData: borrowing Room, hardwareQueue: Int, node: NUMANode
  ) throws(Errno) -> Room { Room() }
}
