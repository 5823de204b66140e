// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'tags' is borrowed and cannot be consumed
import BlockMQ

func another(_ tags: borrowing TagSet<Probe>) -> TagSet<Probe> {
  tags // MISUSE
  tags.share() // TWIN
}

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}
