// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
import BlockMQ

struct Second: BlockDriver, ~Copyable {
  static var operationsTable: UnsafePointer<OperationsTable> {
    Probe.operationsTable // MISUSE
    while true {} // TWIN
  }

  static var traits: DriverTraits { DriverTraits(hasBudget: false, hasTimer: false, hasCompletion: false) }

  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}
