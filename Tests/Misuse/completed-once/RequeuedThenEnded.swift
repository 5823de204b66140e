// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'request' consumed more than once
import BlockMQ

func again(_ request: consuming Request<Probe>) {
  request.requeue()
  request.end(.ok) // MISUSE
  // TWIN
}

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}
