// SPDX-License-Identifier: GPL-2.0-only
// A driver that refuses a request. It has its own file, because the compiler merges two functions
// that are alike.

import BlockMQ

@BlockDriver
struct Refusing: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}

public func probeRegister() -> Int {
  (try? TagSet<Refusing>(hardwareQueues: 1, depth: 1).depth) ?? 0
}
