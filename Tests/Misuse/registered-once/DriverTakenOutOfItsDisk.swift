// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'disk.driver' is borrowed and cannot be consumed|noncopyable 'disk.driver' cannot be consumed
import BlockMQ

func number(_ disk: borrowing Disk<Probe>) -> Int {
  let driver = disk.driver; return driver.number // MISUSE
  disk.driver.number // TWIN
}

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  let number = 1
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}
