// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: func checkEvents in an extension: @BlockDriver would not see it
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
  func checkEvents(_ clearing: DiskEvents) -> DiskEvents { .none } // TWIN
}

extension Probe {
  func checkEvents(_ clearing: DiskEvents) -> DiskEvents { .none } // MISUSE
}
