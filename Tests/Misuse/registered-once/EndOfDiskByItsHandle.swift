// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'handle' is inaccessible due to 'private' protection level
import BlockMQ

func end(_ disk: consuming Disk<Probe>) {
  _ = disk.handle // MISUSE
  _ = consume disk // TWIN
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
