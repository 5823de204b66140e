// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'timerExpired' would not be called: it is not in the body of 'Probe'
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, RequestTimerOperation, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }

  // MISUSE
  func timerExpired(_ request: consuming Request<Self>) {} // TWIN
}
