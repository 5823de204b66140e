// SPDX-License-Identifier: GPL-2.0-only
// The driver of apusdisk0: what is written is lost, and reads give what the memory had.

import BlockMQ
import Kernel

@BlockDriver
struct PlainDisk: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    let request = request.start()
    do throws(Errno) {
      if request.operation == .read {
        try request.forEachSegment { segment throws(Errno) in try segment.zero(at: 0, length: segment.byteCount) }
      }
      request.end(.ok)
    } catch {
      request.end(BlockStatus(error))
    }
    return .accepted
  }
}
