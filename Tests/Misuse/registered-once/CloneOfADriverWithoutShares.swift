// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: type 'Part' does not conform to protocol 'CloneHandler'
// EXPECT: requires the types .* be equivalent
import BlockMQ
import Kernel

@CloneHandler
struct Part: CloneHandler, ~Copyable {
  typealias Driver = Plain // MISUSE
  typealias Driver = Probe // TWIN
}

@BlockDriver
struct Plain: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
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
