// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'request' is borrowed and cannot be consumed
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }

  func timeOut(_ request: borrowing BorrowedRequest<Self>) -> TimeoutAction {
    let kept = request; _ = kept // MISUSE
    // TWIN
    return .wait
  }
}
