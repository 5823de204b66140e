// SPDX-License-Identifier: GPL-2.0-only
// A block driver.

import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}
