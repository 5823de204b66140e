// SPDX-License-Identifier: GPL-2.0-only
// An extension of the driver's own that is a better match for the macro's call.
// EXPECT: drivers may not say 'extension CloneAdapter'
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

@CloneHandler
struct Probe: CloneHandler, ~Copyable {
  typealias Driver = Forwarder
}

extension CloneAdapter where Handler == Probe { // MISUSE
extension Nanoseconds { // TWIN
  static func ended(_ raw: UnsafeMutableRawPointer?) {}
}
