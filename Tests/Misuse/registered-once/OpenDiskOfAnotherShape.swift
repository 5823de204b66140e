// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: type 'Probe' does not conform to protocol 'OpenDiskOperation'
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }

  func openDisk() throws(Errno) {} // MISUSE
  func openDisk(_ mode: OpenMode) throws(Errno) {} // TWIN
}
