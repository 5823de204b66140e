// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: overlapping accesses to 'request'
// EXPECT: missing reinitialization of closure capture 'request' after consume
import BlockMQ

func finish(_ request: consuming Request<Probe>) {
  request.forEachSegment { segment in
    request.end(.ok) // MISUSE
    _ = segment.byteCount // TWIN
  }
}

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}
