// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'request' consumed more than once
import BlockMQ

func finish(_ request: consuming Request<Probe>) {
  request.end(.ok)
  request.end(.ok) // MISUSE
  // TWIN
}

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}
