// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'disk' is borrowed and cannot be consumed
import BlockMQ

func capacity(_ disk: borrowing Disk<Probe>) -> Sector {
  let other = disk; return other.capacity // MISUSE
  disk.capacity // TWIN
}

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}
