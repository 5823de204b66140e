// SPDX-License-Identifier: GPL-2.0-only
// An extension of the driver's own that is a better match for the macro's call.
// EXPECT: drivers may not say 'extension BlockAdapter'
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}

extension BlockAdapter where Driver == Probe { // MISUSE
extension Nanoseconds { // TWIN
  static func queue(_ queue: OpaquePointer, _ data: UnsafeRawPointer) -> UInt8 { 0 }
}
