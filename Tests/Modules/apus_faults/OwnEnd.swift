// SPDX-License-Identifier: GPL-2.0-only
// apus_faults: work and a thread that their own handlers end. The end would wait for the handler.

import Kernel

/// Where a handler finds the item that runs it.
struct OwnWork: ~Copyable, Sendable {
  let item = SpinLockIRQ<WorkItem<OwnWorkEnder>?>(nil)

  /// Makes a cycle of an item, its handler and this value. The handler breaks the cycle.
  static func end() throws(Errno) {
    let slot = try Shared(OwnWork(), .kernel)
    let queue = try WorkQueue("apus_own_end", .unbound)
    var item: WorkItem<OwnWorkEnder>? = try WorkItem(
      OwnWorkEnder(slot: slot.share()), on: queue, .kernel)
    slot.value.item.withLock { place in
      place = item.take()
      switch place {
      case .some(let item): _ = item.queue(after: .milliseconds(20))
      case .none: break
      }
    }
  }
}

@WorkHandler
struct OwnWorkEnder: WorkHandler, ~Copyable {
  let slot: Shared<OwnWork>

  func run(_ work: borrowing WorkContext) {
    // The item ends here, after the lock is released.
    let own = slot.value.item.withLock { place in place.take() }
    _ = consume own
  }
}

/// Where a handler finds the thread that runs it.
struct OwnThread: ~Copyable, Sendable {
  let thread = SpinLockIRQ<KernelThread<OwnThreadEnder>?>(nil)

  static func end() throws(Errno) {
    let slot = try Shared(OwnThread(), .kernel)
    var thread: KernelThread<OwnThreadEnder>? = try KernelThread(
      "apus_own_end", OwnThreadEnder(slot: slot.share()))
    slot.value.thread.withLock { place in place = thread.take() }
  }
}

@ThreadHandler
struct OwnThreadEnder: ThreadHandler, ~Copyable {
  let slot: Shared<OwnThread>

  func run(_ thread: borrowing ThreadContext) {
    var own: KernelThread<OwnThreadEnder>? = nil
    while own == nil, !thread.shouldStop {
      thread.sleep(for: .milliseconds(1))
      own = slot.value.thread.withLock { place in place.take() }
    }
    _ = consume own
  }
}
