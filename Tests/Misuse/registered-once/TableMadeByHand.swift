// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
import BlockMQ

func table() {
  _ = OperationsTable<Probe>(queueRequest: { _, _ in 0 }) // MISUSE
  _ = OperationsTable<Probe>.self // TWIN
}

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}
