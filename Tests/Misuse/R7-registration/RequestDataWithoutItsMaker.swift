// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: does not conform to protocol 'BlockDriver'|cannot convert return expression of type 'Probe.RequestData.Type' to return type 'NoData.Type'
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  struct RequestData: ~Copyable, Sendable { let count = SpinLock(0) } // MISUSE
  // TWIN

  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}
