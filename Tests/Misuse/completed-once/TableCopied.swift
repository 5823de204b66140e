// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'table' is borrowed and cannot be consumed
import BlockMQ

func share(_ table: borrowing RequestTable<Probe>) -> Request<Probe>? {
  let other = table; return other.claim(hardwareQueue: 0, tag: 0) // MISUSE
  return table.claim(hardwareQueue: 0, tag: 0) // TWIN
}

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}
