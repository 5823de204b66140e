// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: a block driver cannot be generic
// EXPECT: does not conform to protocol 'BlockDriver'
import BlockMQ

@BlockDriver
struct Probe<Store: Sendable>: BlockDriver, ~Copyable { // MISUSE
struct Probe: BlockDriver, ~Copyable { // TWIN
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}
