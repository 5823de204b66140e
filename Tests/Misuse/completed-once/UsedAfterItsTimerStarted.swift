// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'request' consumed more than once
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }

  func timerExpired(_ request: consuming Request<Self>) {
    request.startTimer(.milliseconds(1))
    request.end(.ok) // MISUSE
    // TWIN
  }
}
