// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'request' consumed more than once
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    let request = request.start()
    if request.operation == .flush {
      request.end(.ok)
      // MISUSE
      return .accepted // TWIN
    }
    request.end(.notSupported)
    return .accepted
  }
}
