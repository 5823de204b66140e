// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: no accessible initializers|inaccessible|cannot convert
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }

  func timeOut(_ request: borrowing BorrowedRequest<Self>) -> TimeoutAction {
    Request<Self>(request).end(.timeout); return .done // MISUSE
    return .wait // TWIN
  }
}
