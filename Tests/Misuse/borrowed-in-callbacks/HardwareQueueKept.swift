// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'queue' is borrowed and cannot be consumed
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }

  func commit(_ queue: borrowing HardwareQueue<Self>) {
    let kept = queue; kept.run() // MISUSE
    queue.run() // TWIN
  }
}
