// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: value of type 'BorrowedRequest<Probe>' has no member 'end'|cannot infer contextual base in reference to member 'timeout'
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }

  func timeOut(_ request: borrowing BorrowedRequest<Self>) -> TimeoutAction {
    request.end(.timeout) // MISUSE
    // TWIN
    return .done
  }
}
