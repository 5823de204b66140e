// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot convert (value|return expression) of type 'QueueResult<Other>' to (expected|return) .*'QueueResult<Probe>'
import BlockMQ

func refuse(_ request: consuming QueuedRequest<Probe>, _ other: consuming QueuedRequest<Other>) -> QueueResult<Probe> {
  other.refused() // MISUSE
  request.refused() // TWIN
}

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}

@BlockDriver
struct Other: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}
