// SPDX-License-Identifier: GPL-2.0-only
// What the library believes about a driver.
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}

func traits() -> DriverTraits<Probe> {
  DriverTraits(hasBudget: true, hasTimer: true, hasRequestData: false, hasCompletion: true) // MISUSE
  Probe.traits // TWIN
}
