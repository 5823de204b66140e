// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot find 'DriverCell' in scope
import BlockMQ

func end(_ disk: borrowing Disk<Probe>) {
  _ = DriverCell<Probe>.self // MISUSE
  _ = Disk<Probe>.self // TWIN
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
