// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: (cannot assign to property|'self' is immutable)
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  var asked = 0
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }

  func uniqueIdentifier(_ kind: UniqueIdentifier.Kind) throws(Errno) -> UniqueIdentifier {
    asked = 1 // MISUSE
    _ = asked // TWIN
    return UniqueIdentifier(1)
  }
}
