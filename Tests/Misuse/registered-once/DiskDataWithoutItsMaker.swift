// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: requires the types 'Probe.DiskData' and 'NoData' be equivalent
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  struct DiskData: Sendable {} // MISUSE
  // TWIN

  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}
