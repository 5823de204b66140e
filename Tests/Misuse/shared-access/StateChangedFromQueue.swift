// SPDX-License-Identifier: GPL-2.0-only
// `queue` runs on many CPUs at once.
// EXPECT: left side of mutating operator isn't mutable: 'self' is immutable
import BlockMQ
import Synchronization

@BlockDriver
struct Counting: BlockDriver, ~Copyable {
  var count = 0
  let atomic = Atomic<Int>(0)

  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    count &+= 1 // MISUSE
    atomic.wrappingAdd(1, ordering: .relaxed) // TWIN
    request.start().end(.ok)
    return .accepted
  }
}
