// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: does not conform to protocol 'CommitOperation'
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }

  func commit(_ queue: borrowing RequestQueue) {} // MISUSE
  func commit(_ queue: borrowing HardwareQueue<Self>) {} // TWIN
}
