// SPDX-License-Identifier: GPL-2.0-only
// apus_null: fault injection, on kernels whose own driver supports it
// (CONFIG_BLK_DEV_NULL_BLK_FAULT_INJECTION).

import BlockMQ
import Kernel

/// The faults that a device injects. On kernels without fault injection this costs nothing.
struct NullFaults: ~Copyable, Sendable {
  /// Drops the completion of a request, so that it times out.
  let timeout: FaultInjection
  /// Refuses or requeues a request, in turn.
  let requeue: FaultInjection
  /// Fails to make a hardware queue.
  let hardwareQueue: FaultInjection

  /// Makes the faults that the parameters describe.
  ///
  /// Throws: `invalidArgument` for a text that cannot be parsed; `outOfMemory`.
  init() throws(Errno) {
    let timeout = try FaultInjection(NullModule.timeoutFaults)
    let requeue = try FaultInjection(NullModule.requeueFaults)
    let hardwareQueue = try FaultInjection(NullModule.hardwareQueueFaults)
    self.init(timeout, requeue, hardwareQueue)
  }

  init(
    _ timeout: consuming FaultInjection, _ requeue: consuming FaultInjection,
    _ hardwareQueue: consuming FaultInjection
  ) {
    self.timeout = timeout
    self.requeue = requeue
    self.hardwareQueue = hardwareQueue
  }

  borrowing func share() -> NullFaults {
    NullFaults(timeout.share(), requeue.share(), hardwareQueue.share())
  }
}
