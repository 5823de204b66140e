// SPDX-License-Identifier: GPL-2.0-only
// An extension of the driver's own that is a better match for the macro's call.
// EXPECT: drivers may not say 'extension OperationsTable'
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}

extension OperationsTable { // MISUSE
extension Nanoseconds { // TWIN
  init(queueRequest: @escaping @convention(c) (OpaquePointer, UnsafeRawPointer) -> UInt8) { while true {} }
}
