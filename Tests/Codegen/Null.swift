// SPDX-License-Identifier: GPL-2.0-only
// The plain null driver. null.c is the same driver in C. It has its own file, because the compiler
// merges two functions that are alike.

import BlockMQ

@BlockDriver
struct Null: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.start().end(.ok)
    return .accepted
  }
}

public func probeRegister() -> Int {
  (try? TagSet<Null>(hardwareQueues: 1, depth: 1).depth) ?? 0
}
