// SPDX-License-Identifier: GPL-2.0-only
// apus_null: a bandwidth that the device keeps below, in ticks of 20 ms.

import BlockMQ
import Kernel
import Synchronization

/// What is left of a tick's bytes.
///
/// A request passes while anything is left, however large it is, so each passes in the end. What it
/// takes beyond that is a debt, which the next ticks pay back before anything passes again: on
/// average the bandwidth is kept.
struct Throttle: ~Copyable, Sendable {
  /// Below 0 for a debt. The timer runs whenever it is below `bytesPerTick`: whoever takes the
  /// first bytes starts it, and it stops when it has put back the last ones.
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

/// Each tick, there are more bytes again, up to a tick's.
@TimerHandler
struct ThrottleTick: TimerHandler, ~Copyable {
  let throttle: Shared<Throttle>

  func expired(_ timer: borrowing TimerContext) -> TimerAction {
    let most = throttle.value.bytesPerTick
    var before = throttle.value.left.load(ordering: .relaxed)
    var after = most
    var isDone = false
    while !isDone {
      // (There is no limit any more.)
      if before >= most { return .stop }
      after = min(before &+ most, most)
      (isDone, before) = throttle.value.left.compareExchange(
        expected: before, desired: after, ordering: .sequentiallyConsistent)
    }
    if after > 0 { throttle.value.queue.startHardwareQueues() }
    return after == most ? .stop : .forward(by: Throttle.tick)
  }
}

/// The two of them, for the device.
struct Throttling: ~Copyable, Sendable {
  let throttle: Shared<Throttle>
  let timer: Timer<ThrottleTick>

  init(megabytesPerSecond: UInt32, queue: borrowing RequestQueue) throws(Errno) {
    let throttle = try Shared(
      Throttle(megabytesPerSecond: megabytesPerSecond, queue: queue.share()), .kernel)
    timer = try Timer(ThrottleTick(throttle: throttle.share()), .kernel)
    self.throttle = throttle
  }

  /// Whether so many bytes may pass now. If not, the queue is stopped, and a tick starts it.
  borrowing func passes(_ byteCount: Int) -> Bool {
    guard throttle.value.left.load(ordering: .relaxed) > 0 else {
      throttle.value.queue.stopHardwareQueues()
      // The tick may have come in between.
      if throttle.value.left.load(ordering: .sequentiallyConsistent) > 0 {
        throttle.value.queue.startHardwareQueues()
      }
      return false
    }
    // (Another CPU may take the last bytes meanwhile: its request passes, and this one does, and
    // the debt is larger.)
    let before = throttle.value.left.wrappingSubtract(byteCount, ordering: .relaxed).oldValue
    if before == throttle.value.bytesPerTick, byteCount > 0 { timer.start(after: Throttle.tick) }
    return true
  }

  /// Lets everything pass from now on.
  borrowing func lift() {
    throttle.value.left.store(Throttle.unlimited, ordering: .sequentiallyConsistent)
    throttle.value.queue.startHardwareQueues()
  }
}
