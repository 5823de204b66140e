// SPDX-License-Identifier: GPL-2.0-only
// A request that the driver does not even start. (A file each: the compiler makes one function of two that are alike.)

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
