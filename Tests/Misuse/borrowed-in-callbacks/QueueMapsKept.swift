// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'maps' is borrowed and cannot be consumed
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }

  static func mapQueues(_ maps: borrowing QueueMaps, _ data: borrowing NoData) {
    let kept = maps; kept.assign() // MISUSE
    maps.assign() // TWIN
  }
}
