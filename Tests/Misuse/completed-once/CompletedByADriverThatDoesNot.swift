// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: referencing instance method 'complete\(\)' on 'Request' requires that 'Probe' conform to 'CompleteOperation'
import BlockMQ

func done(_ request: consuming Request<Probe>) {
  request.complete() // MISUSE
  request.end(.ok) // TWIN
}

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}
