// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'UserMemory' initializer is inaccessible
import BlockMQ

@BlockDriver
struct Snooper: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    _ = UserMemory(address: 4096, byteCount: 8).byteCount // MISUSE
    _ = context.isLast // TWIN
    return request.refused()
  }
}
