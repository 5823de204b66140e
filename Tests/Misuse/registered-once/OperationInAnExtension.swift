// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: drivers may not say 'func isBusy in an extension: @BlockDriver would not see it'
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}

extension Probe {
  func isBusy() -> Bool { false } // MISUSE
  func hasNothingToDo() -> Bool { false } // TWIN
}
