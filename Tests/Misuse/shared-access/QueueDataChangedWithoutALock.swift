// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot assign to property
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  struct HardwareQueueData: ~Copyable, Sendable { var count = 0 } // MISUSE
  struct HardwareQueueData: ~Copyable, Sendable { let lock = SpinLockIRQ(0); var count: Int { get { 0 } nonmutating set { lock.withLock { $0 = newValue } } } } // TWIN

  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }

  static func makeHardwareQueueData(
    _ tagSetData: borrowing NoData, hardwareQueue: Int, node: NUMANode
  ) throws(Errno) -> HardwareQueueData {
    HardwareQueueData()
  }

  func commit(_ queue: borrowing HardwareQueue<Self>) {
    queue.data.count = 1
  }
}
