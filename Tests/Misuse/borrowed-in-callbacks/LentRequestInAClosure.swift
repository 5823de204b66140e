// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: lifetime-dependent variable 'request' escapes its scope|cannot use escaping closures in -no-allocations mode|'request' cannot be captured by an escaping closure
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }

  func timeOut(_ request: borrowing BorrowedRequest<Self>) -> TimeoutAction {
    let later = { request.byteCount }; return later() == 0 ? .done : .wait // MISUSE
    return request.byteCount == 0 ? .done : .wait // TWIN
  }
}
