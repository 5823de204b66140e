// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: does not conform to protocol 'TimeoutOperation'
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }

  mutating func timeOut(_ request: borrowing BorrowedRequest<Self>) -> TimeoutAction { // MISUSE
  func timeOut(_ request: borrowing BorrowedRequest<Self>) -> TimeoutAction { // TWIN
    .wait
  }
}
