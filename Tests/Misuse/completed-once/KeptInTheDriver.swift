// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot assign to property: 'self' is immutable
import BlockMQ
import Kernel

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  var kept: QueuedRequest<Probe>?

  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    kept = request; return .accepted // MISUSE
    return request.refused() // TWIN
  }
}
