// SPDX-License-Identifier: GPL-2.0-only
// A driver whose status depends on the request, and that throws. It has its own file, because the
// compiler merges two functions that are alike.

import BlockMQ

@BlockDriver
struct Deciding: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    let request = request.start()
    do throws(BlockStatus) {
      try check(request)
      request.end(.ok)
    } catch {
      request.end(error)
    }
    return .accepted
  }

  func check(_ request: borrowing Request<Self>) throws(BlockStatus) {
    if request.operation != .read { throw .notSupported }
  }
}

public func probeRegister() -> Int {
  (try? TagSet<Deciding>(hardwareQueues: 1, depth: 1).depth) ?? 0
}
