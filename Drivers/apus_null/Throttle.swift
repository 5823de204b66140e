// SPDX-License-Identifier: GPL-2.0-only
// apus_null: a bandwidth limit of a device, in ticks of 20 ms.

import BlockMQ
import Kernel
import Synchronization

/// The bytes that are left of a tick.
///
/// A request passes while any bytes are left, however large it is, so each request passes in the
/// end. The bytes that it takes beyond the tick are a debt. The next ticks pay the debt back before
/// any other request passes, so the average bandwidth stays within the limit.
struct Throttle: ~Copyable, Sendable {
  /// Negative for a debt. The timer runs while this is below `bytesPerTick`: the request that takes
  /// the first bytes starts it, and it stops when it has put back the last ones.
  let left: Atomic<Int>
  let bytesPerTick: Int
  let queue: RequestQueue

  static var tick: Nanoseconds { .milliseconds(20) }

  /// More than all requests can take in a device's life.
  static var unlimited: Int { .max >> 1 }

  init(megabytesPerSecond: UInt32, queue: consuming RequestQueue) {
    bytesPerTick = (1 << 20) / 50 &* Int(megabytesPerSecond)
    left = Atomic(bytesPerTick)
    self.queue = queue
  }
}

/// Adds bytes at each tick, up to the bytes of a tick.
@TimerHandler
struct ThrottleTick: TimerHandler, ~Copyable {
  let throttle: Shared<Throttle>

  func expired(_ timer: borrowing TimerContext) -> TimerAction {
    let most = throttle.value.bytesPerTick
    var before = throttle.value.left.load(ordering: .relaxed)
    var after = most
    var isDone = false
    while !isDone {
      // The limit has been lifted.
      if before >= most { return .stop }
      after = min(before &+ most, most)
      (isDone, before) = throttle.value.left.compareExchange(
        expected: before, desired: after, ordering: .sequentiallyConsistent)
    }
    if after > 0 { throttle.value.queue.startHardwareQueues() }
    return after == most ? .stop : .forward(by: Throttle.tick)
  }
}

/// The limit of a device, with its timer.
struct Throttling: ~Copyable, Sendable {
  let throttle: Shared<Throttle>
  let timer: Timer<ThrottleTick>

  init(megabytesPerSecond: UInt32, queue: borrowing RequestQueue) throws(Errno) {
    let throttle = try Shared(
      Throttle(megabytesPerSecond: megabytesPerSecond, queue: queue.share()), .kernel)
    timer = try Timer(ThrottleTick(throttle: throttle.share()), .kernel)
    self.throttle = throttle
  }

  /// Whether `byteCount` bytes may pass now. If not, the queue is stopped, and a tick starts it.
  borrowing func passes(_ byteCount: Int) -> Bool {
    guard throttle.value.left.load(ordering: .relaxed) > 0 else {
      throttle.value.queue.stopHardwareQueues()
      // The tick may have come in between.
      if throttle.value.left.load(ordering: .sequentiallyConsistent) > 0 {
        throttle.value.queue.startHardwareQueues()
      }
      return false
    }
    // Another CPU may take the last bytes meanwhile. Then both requests pass, and the debt is
    // larger.
    let before = throttle.value.left.wrappingSubtract(byteCount, ordering: .relaxed).oldValue
    if before == throttle.value.bytesPerTick, byteCount > 0 { timer.start(after: Throttle.tick) }
    return true
  }

  /// Lifts the limit from now on.
  borrowing func lift() {
    throttle.value.left.store(Throttle.unlimited, ordering: .sequentiallyConsistent)
    throttle.value.queue.startHardwareQueues()
  }
}
