// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot assign to property: 'data' is a get-only property
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  struct RequestData: ~Copyable, Sendable { let count = SpinLockIRQ(0) }

  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }

  static func makeRequestData(
    _ tagSetData: borrowing NoData, hardwareQueue: Int, node: NUMANode
  ) throws(Errno) -> RequestData {
    RequestData()
  }

  func timeOut(_ request: borrowing BorrowedRequest<Self>) -> TimeoutAction {
    request.data = RequestData() // MISUSE
    request.data.count.withLock { $0 = 1 } // TWIN
    return .wait
  }
}
