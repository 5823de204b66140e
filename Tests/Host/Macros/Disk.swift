// SPDX-License-Identifier: GPL-2.0-only
// A block driver with operations of its disk.

import BlockMQ
import Kernel

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }

  func openDisk(_ mode: OpenMode) throws(Errno) {}

  func control(_ call: borrowing Ioctl) throws(Errno) -> Int32 { 0 }

  func reportZones(_ report: borrowing ZoneReport) throws(Errno) {}
}
