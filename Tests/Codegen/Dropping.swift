// SPDX-License-Identifier: GPL-2.0-only
// A driver that drops a started request. It has its own file, because the compiler merges two
// functions that are alike.

import BlockMQ

@BlockDriver
struct Dropping: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    _ = request.start()
    return .accepted
  }
}

public func probeRegister() -> Int {
  (try? TagSet<Dropping>(hardwareQueues: 1, depth: 1).depth) ?? 0
}
