// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot convert
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  struct DiskData: Sendable {} // MISUSE
  // TWIN

  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}
