// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot convert return expression of type 'UnsafePointer<OperationsTable<Probe>>'
import BlockMQ

struct Second: BlockDriver, ~Copyable {
  static var operationsTable: UnsafePointer<OperationsTable<Self>> {
    Probe.operationsTable // MISUSE
    while true {} // TWIN
  }

  static var traits: DriverTraits<Self> { while true {} }

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
