// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot convert value of type 'Request<Probe>' to expected argument type 'QueuedRequest<Probe>'
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    .refused(request.start()) // MISUSE
    .refused(request) // TWIN
  }
}
