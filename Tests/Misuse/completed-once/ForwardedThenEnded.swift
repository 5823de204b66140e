// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'request' consumed more than once
import BlockMQ
import Kernel

func send(_ request: consuming Request<Probe>, _ device: borrowing BlockDevice, _ set: borrowing CloneSet<Part>) {
  request.forward(to: device, at: Sector(0), from: set, .noIO) { Part() }
  request.end(.ok) // MISUSE
  // TWIN
}

@CloneHandler
struct Part: CloneHandler, ~Copyable {
  typealias Driver = Probe
}

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  typealias RequestData = RequestIOCount

  static func makeRequestData(
    _ tagSetData: borrowing NoData, hardwareQueue: Int, node: NUMANode
  ) throws(Errno) -> RequestIOCount {
    RequestIOCount()
  }

  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}
