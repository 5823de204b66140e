// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'request' consumed more than once
import BlockMQ

func finish(_ request: consuming Request<Probe>) {
  let first = request
  let second = request; second.end(.ok) // MISUSE
  // TWIN
  first.end(.ok)
}

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}
