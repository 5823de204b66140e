// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: referencing instance method 'startTimer' on 'Request' requires that 'Probe' conform to 'RequestTimerOperation'
import BlockMQ

func late(_ request: consuming Request<Probe>) {
  request.startTimer(.milliseconds(1)) // MISUSE
  request.end(.ok) // TWIN
}

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }

  func commit(_ queue: borrowing HardwareQueue<Self>) {}
}
