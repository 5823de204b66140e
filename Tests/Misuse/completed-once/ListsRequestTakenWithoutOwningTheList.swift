// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot use mutating member on immutable value|'list' is a 'let' constant|immutable
import BlockMQ

func first(_ list: borrowing RequestList<Probe>) -> Request<Probe>? { // MISUSE
func first(_ list: inout RequestList<Probe>) -> Request<Probe>? { // TWIN
  list.popFirst()
}

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}
