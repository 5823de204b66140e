// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'driver' is borrowed and cannot be consumed
import BlockMQ

func look(_ driver: borrowing Probe) -> Bool {
  let list = driver.bad; return list.isEmpty // MISUSE
  driver.bad.isEmpty // TWIN
}

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  let bad: BadBlocks
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}
