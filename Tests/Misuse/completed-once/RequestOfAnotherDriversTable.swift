// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot convert return expression of type 'Request<Probe>\?' to return type 'Request<Other>\?'
import BlockMQ

func find(_ table: borrowing RequestTable<Other>) -> Request<Other>? { // TWIN
func find(_ table: borrowing RequestTable<Probe>) -> Request<Other>? { // MISUSE
  table.claim(hardwareQueue: 0, tag: 0)
}

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}

@BlockDriver
struct Other: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}
