// SPDX-License-Identifier: GPL-2.0-only
// apus_null: a bandwidth that the device keeps below, in ticks of 20 ms.

import BlockMQ
import Kernel
import Synchronization

/// What is left of a tick's bytes.
struct Throttle: ~Copyable, Sendable {
  let left: Atomic<Int>
  let bytesPerTick: Int
  let queue: RequestQueue

  static var tick: Nanoseconds { .milliseconds(20) }

  init(megabytesPerSecond: UInt32, queue: consuming RequestQueue) {
    bytesPerTick = (1 << 20) / 50 &* Int(megabytesPerSecond)
    left = Atomic(bytesPerTick)
    self.queue = queue
  }
}

/// Each tick, there are as many bytes again.
@TimerHandler
struct ThrottleTick: TimerHandler, ~Copyable {
  let throttle: Shared<Throttle>

  func expired(_ timer: borrowing TimerContext) -> TimerAction {
    let bytesPerTick = throttle.value.bytesPerTick
    // Nothing came for a whole tick.
    if throttle.value.left.load(ordering: .relaxed) == bytesPerTick { return .stop }
    throttle.value.left.store(bytesPerTick, ordering: .relaxed)
    throttle.value.queue.startHardwareQueues()
    return .forward(by: Throttle.tick)
  }
}

/// The two of them, for the device.
struct Throttling: ~Copyable, Sendable {
  let throttle: Shared<Throttle>
  let timer: Timer<ThrottleTick>

  init(megabytesPerSecond: UInt32, queue: borrowing RequestQueue) throws(Errno) {
    let throttle = try Shared(Throttle(megabytesPerSecond: megabytesPerSecond, queue: queue.share()), .kernel)
    timer = try Timer(ThrottleTick(throttle: throttle.share()), .kernel)
    self.throttle = throttle
    timer.start(after: Throttle.tick)
  }

  /// Whether so many bytes may pass now. If not, the queue is stopped, and the next tick starts it.
  borrowing func passes(_ byteCount: Int) -> Bool {
    if !timer.isActive { timer.start(after: Throttle.tick) }
    let rest = throttle.value.left.wrappingSubtract(byteCount, ordering: .relaxed).newValue
    if rest >= 0 { return true }
    throttle.value.queue.stopHardwareQueues()
    // The tick may have come in between.
    if throttle.value.left.load(ordering: .relaxed) > 0 { throttle.value.queue.startHardwareQueues() }
    return false
  }
}
