// SPDX-License-Identifier: GPL-2.0-only
// The caller's memory cannot be reached after the call.
// EXPECT: implicit conversion to 'Ioctl\?'.* is consuming
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }

  func control(_ call: borrowing Ioctl) throws(Errno) -> Int32 {
    var last: Ioctl? = nil
    last = call // MISUSE
    last = nil // TWIN
    if last != nil { throw .invalidArgument }
    return 0
  }
}
