// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'complete' would not be called: it is not in the body of 'Probe'
import BlockMQ

protocol Completing: BlockDriver, ~Copyable {}

extension Completing where Self: ~Copyable {
  func complete(_ request: consuming Request<Self>) { request.end(.ok) }
}

@BlockDriver
struct Probe: Completing, CompleteOperation, ~Copyable { // MISUSE
struct Probe: Completing, ~Copyable { // TWIN
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}
