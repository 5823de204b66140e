// SPDX-License-Identifier: GPL-2.0-only
// A driver that drops a request without starting it. It has its own file, because the compiler
// merges two functions that are alike.

import BlockMQ

@BlockDriver
struct Ignoring: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    .accepted
  }
}

public func probeRegister() -> Int {
  (try? TagSet<Ignoring>(hardwareQueues: 1, depth: 1).depth) ?? 0
}
