// SPDX-License-Identifier: GPL-2.0-only
// apus_null: faults on purpose, on kernels whose own driver has them (CONFIG_BLK_DEV_NULL_BLK_FAULT_INJECTION).

import BlockMQ
import Kernel

/// What a device does wrong on purpose. Where the kernel injects no faults, it is nothing, at no cost.
struct NullFaults: ~Copyable, Sendable {
  /// A request whose completion is forgotten, so that it times out.
  let timeout: FaultInjection
  /// A request that is refused or requeued, by turns.
  let requeue: FaultInjection
  /// A hardware queue that cannot be made.
  let hardwareQueue: FaultInjection

  /// As the parameters say.
  ///
  /// Throws: `invalidArgument` for a text that says nothing; `outOfMemory`.
  init() throws(Errno) {
    let timeout = try FaultInjection(NullModule.timeoutFaults)
    let requeue = try FaultInjection(NullModule.requeueFaults)
    let hardwareQueue = try FaultInjection(NullModule.hardwareQueueFaults)
    self.init(timeout, requeue, hardwareQueue)
  }

  init(
    _ timeout: consuming FaultInjection, _ requeue: consuming FaultInjection, _ hardwareQueue: consuming FaultInjection
  ) {
    self.timeout = timeout
    self.requeue = requeue
    self.hardwareQueue = hardwareQueue
  }

  borrowing func share() -> NullFaults { NullFaults(timeout.share(), requeue.share(), hardwareQueue.share()) }
}
