// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'request' consumed in a loop
import BlockMQ

func finish(_ request: consuming Request<Probe>, _ count: Int) {
  var left = count
  while left > 0 {
    left &-= 1
    request.end(.ok) // MISUSE
    // TWIN
  }
}

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}
