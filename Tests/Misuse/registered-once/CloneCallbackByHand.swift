// SPDX-License-Identifier: GPL-2.0-only
// A C callback that is not the macro's.
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
import BlockMQ

@BlockDriver
struct Forwarder: BlockDriver, ~Copyable {
  static func makeRequestData(
    _ tagSetData: borrowing NoData, hardwareQueue: Int, node: NUMANode
  ) throws(Errno) -> RequestIOCount { RequestIOCount() }

  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}

struct Probe: CloneHandler, ~Copyable {
  typealias Driver = Forwarder

  static var cloneCallback: CloneCallback<Self> {
    CloneCallback({ _ in }) // MISUSE
    while true {} // TWIN
  }
}
