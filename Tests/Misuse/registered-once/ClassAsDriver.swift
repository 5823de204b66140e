// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: '@BlockDriver' can only be attached to a struct
// EXPECT: does not conform to protocol 'BlockDriver'
import BlockMQ

@BlockDriver
final class Probe: BlockDriver { // MISUSE
struct Probe: BlockDriver { // TWIN
  func queue(_ request: consuming QueuedRequest<Probe>, in context: borrowing QueueContext) -> QueueResult<Probe> {
    request.refused()
  }
}
