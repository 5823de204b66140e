// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: implicit conversion to 'Segment\?'.* is consuming
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    let request = request.start()
    var last: Segment? = nil
    request.forEachSegment { segment in
      last = segment // MISUSE
      last = nil // TWIN
    }
    request.end(last == nil ? .ok : .ioError)
    return .accepted
  }
}
