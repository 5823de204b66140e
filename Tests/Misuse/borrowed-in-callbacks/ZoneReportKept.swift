// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'report' is borrowed and cannot be consumed
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }

  func reportZones(_ report: borrowing ZoneReport) throws(Errno) {
    let kept = report // MISUSE
    let kept = report.first // TWIN
    _ = kept.self
  }
}
