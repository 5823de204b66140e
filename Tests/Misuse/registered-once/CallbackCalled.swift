// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
import BlockMQ

func call() {
  BlockAdapter<Probe>.exitRequest(nil, nil, 0) // MISUSE
  // TWIN
}

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}
