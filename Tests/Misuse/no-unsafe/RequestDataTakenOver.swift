// SPDX-License-Identifier: GPL-2.0-only
// An extension of the driver's own that is a better match for the macro's call.
// EXPECT: drivers may not say 'extension BlockAdapter'
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  static func makeRequestData(
    _ tagSetData: borrowing NoData, hardwareQueue: Int, node: NUMANode
  ) throws(Errno) -> HeapBox<Int> { try HeapBox(1, .kernel) }

  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}

extension BlockAdapter where Driver == Probe { // MISUSE
extension Nanoseconds { // TWIN
  static func initializeRequest(_ set: UnsafeMutableRawPointer?, _ raw: UnsafeMutableRawPointer?, _ index: UInt32, _ node: UInt32) -> Int32 { 0 }
}
