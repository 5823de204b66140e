// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: does not conform to protocol 'BlockDriver'|requires the types 'Probe.RequestData' and 'NoData' be equivalent
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  struct RequestData: ~Copyable, Sendable { let count = SpinLockIRQ(0) } // MISUSE
  // TWIN

  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}
