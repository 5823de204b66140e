// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: overlapping accesses to 'request'
import BlockMQ
import Kernel

func look(_ request: inout Request<Probe>?) {
  switch request {
  case .some(let lent):
    lent.forEachSegment { segment in
      request = nil // MISUSE
      // TWIN
      _ = segment.byteCount
    }
  case .none: break
  }
}

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}
