// SPDX-License-Identifier: GPL-2.0-only
// The macro's private names are there, and of no use without `unsafe`.
// EXPECT: drivers may not say '__operations'
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    _ = Probe.__operations // MISUSE
    // TWIN
    return request.refused()
  }
}
