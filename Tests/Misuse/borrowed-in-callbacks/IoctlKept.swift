// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'call' is borrowed and cannot be consumed
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }

  func control(_ call: borrowing Ioctl) throws(Errno) -> Int32 {
    let kept = call // MISUSE
    let kept = call.command // TWIN
    _ = kept.self
    return 0
  }
}
