// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'request' used after consume
import BlockMQ
import Kernel

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    let request = request.start()
    request.end(.ok); log(.info, "\(request.byteCount) bytes") // MISUSE
    request.end(.ok) // TWIN
    return .accepted
  }
}
