// SPDX-License-Identifier: GPL-2.0-only
// The tag set has the callbacks, which take the disk's driver for their own.
// EXPECT: cannot convert return expression of type 'Disk<Other>' to return type 'Disk<Probe>'
// EXPECT: cannot convert value of type 'Probe' to expected argument type 'Other'
import BlockMQ
import Kernel

func disk(_ driver: consuming Probe) throws(Errno) -> Disk<Probe> {
  let tags = try TagSet<Other>(hardwareQueues: 1, depth: 1) // MISUSE
  let tags = try TagSet<Probe>(hardwareQueues: 1, depth: 1) // TWIN
  return try Disk(DiskName("a", 0), capacity: Sector(8), limits: DiskLimits(), tagSet: tags, driver: driver)
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
