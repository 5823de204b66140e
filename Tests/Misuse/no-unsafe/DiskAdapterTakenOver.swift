// SPDX-License-Identifier: GPL-2.0-only
// An extension of the driver's own that is a better match for the macro's call.
// EXPECT: drivers may not say 'extension DiskAdapter'
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func releaseDisk() {}

  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}

extension DiskAdapter where Driver == Probe { // MISUSE
extension Nanoseconds { // TWIN
  static func release(_ driver: UnsafeMutableRawPointer) {}
}
