// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: overlapping accesses to 'device'
import BlockMQ
import Kernel

func send(_ request: consuming Request<Probe>, _ device: inout Shared<BlockDevice>?, _ set: borrowing CloneSet<Part>) {
  switch device {
  case .some(let open):
    request.forward(to: open.value, at: Sector(0), from: set, .noIO) {
      device = nil // MISUSE
      // TWIN
      return Part()
    }
  case .none: break
  }
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
