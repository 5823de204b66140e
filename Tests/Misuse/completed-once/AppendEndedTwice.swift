// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'request' consumed more than once
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    let request = request.start()
    let sector = request.sector
    request.end(writtenAt: sector)
    request.end(.ok) // MISUSE
    // TWIN
    return .accepted
  }
}
