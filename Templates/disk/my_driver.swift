// SPDX-License-Identifier: GPL-2.0-only
// my_driver: a disk that reads as zeroes and drops what is written.

import BlockMQ
import Kernel

@KernelModule(author: "You", description: "A disk of zeroes", version: "0.1.0")
struct DriverModule: KernelModule, ~Copyable {
  let disk: Disk<Device>

  init() throws(Errno) {
    let tags = try TagSet<Device>(hardwareQueues: 1, depth: 64)
    // /dev/my_driver0, of 32768 sectors (16 MiB).
    disk = try Disk(
      DiskName("my_driver", 0), capacity: Sector(32768), limits: DiskLimits(), tagSet: tags,
      driver: Device())
  }
}

@BlockDriver
struct Device: BlockDriver, ~Copyable {
  /// The block layer calls this for each request, on several CPUs concurrently.
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext)
    -> QueueResult<Self>
  {
    let request = request.start()
    do throws(Errno) {
      if request.operation == .read {
        try request.forEachSegment { segment throws(Errno) in
          try segment.zero(at: 0, length: segment.byteCount)
        }
      }
      request.end(.ok)
    } catch {
      request.end(BlockStatus(error))
    }
    return .accepted
  }
}
