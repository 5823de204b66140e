// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'set.data' is borrowed and cannot be consumed|noncopyable 'set.data' cannot be consumed
import BlockMQ

func room(_ set: borrowing TagSet<Probe>) -> Int {
  let room = set.data; return room.count.withLock { $0 } // MISUSE
  set.data.count.withLock { $0 } // TWIN
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
