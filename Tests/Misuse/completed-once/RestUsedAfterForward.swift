// SPDX-License-Identifier: GPL-2.0-only
// What is left of a request that ended in part is one value: forwarding consumes it.
// EXPECT: consumed more than once|used after consume
import Block
import BlockMQ
import Kernel

@CloneHandler
struct Part: CloneHandler, ~Copyable {
  typealias Driver = Upper
}

@BlockDriver
struct Upper: BlockDriver, ~Copyable {
  typealias RequestData = RequestIOCount
  let device: BlockDevice
  let set: CloneSet<Part>

  static func makeRequestData(_ data: borrowing NoData, hardwareQueue: Int, node: NUMANode) throws(Errno) -> RequestIOCount {
    RequestIOCount()
  }

  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    if let rest = request.start().end(.ok, byteCount: 512) {
      rest.forward(to: device, at: Sector(0), from: set, .atomic) { Part() }
      rest.end(.ok) // MISUSE
      // TWIN
    }
    return .accepted
  }
}
