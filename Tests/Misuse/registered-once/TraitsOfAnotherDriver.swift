// SPDX-License-Identifier: GPL-2.0-only
// The table of one driver and the traits of another.
// EXPECT: cannot convert return expression of type 'DriverTraits<Other>' to return type 'DriverTraits<Probe>'
import BlockMQ

@BlockDriver
struct Other: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }

  static var operationsTable: UnsafePointer<OperationsTable<Self>> { while true {} }

  static var traits: DriverTraits<Self> {
    Other.traits // MISUSE
    while true {} // TWIN
  }
}
