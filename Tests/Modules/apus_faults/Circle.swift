// SPDX-License-Identifier: GPL-2.0-only
// apus_faults: a disk that owns the state that owns the disk. The compiler accepts this cycle, and
// nothing breaks it.

import BlockMQ
import Kernel

/// State that a driver shares, and that owns the disk of that driver.
struct Circle: ~Copyable, Sendable {
  let disk = SpinLockIRQ<Disk<CircleDevice>?>(nil)

  /// Makes the cycle. When this returns, the last owner outside the cycle is gone.
  static func make() throws(Errno) {
    let state = try Shared(Circle(), .kernel)
    let tagSet = try TagSet<CircleDevice>(hardwareQueues: 1, depth: 1)
    var disk: Disk<CircleDevice>? = try Disk(
      DiskName("apuscircle", 0), capacity: Sector(8), limits: DiskLimits(), tagSet: tagSet,
      driver: CircleDevice(state: state.share()))
    state.value.disk.withLock { slot in slot = disk.take() }
  }
}

/// A driver that owns the state.
@BlockDriver
struct CircleDevice: BlockDriver, ~Copyable {
  let state: Shared<Circle>

  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext)
    -> QueueResult<Self>
  {
    request.start().end(.ok)
    return .accepted
  }
}
