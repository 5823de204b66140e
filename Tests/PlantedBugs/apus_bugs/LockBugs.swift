// SPDX-License-Identifier: GPL-2.0-only
// apus_bugs: locks in an order that can deadlock, and sleep where there must be none. (Neither
// takes `unsafe`.)

import Kernel
import Synchronization

/// Takes two locks in both orders. Nothing hangs: it is one task; lockdep knows all the same that
/// two could.
@inline(never)
func plantLockInversion() {
  let first = SpinLockIRQ(1, class: "apus_bugs's first lock")
  let second = SpinLockIRQ(2)
  let sum = first.withLock { a in second.withLock { b in a &+ b } }
  let difference = second.withLock { b in first.withLock { a in a &- b } }
  log(.info, "\(sum), \(difference)")
}

/// Takes two mutexes, which are the same but for the lines that make them, in both orders.
@inline(never)
func plantMutexInversion() throws(Errno) {
  let first = try Mutex(1, .kernel)
  let second = try Mutex(2, .kernel)
  let sum = first.withLock { a in second.withLock { b in a &+ b } }
  let difference = second.withLock { b in first.withLock { a in a &- b } }
  log(.info, "\(sum), \(difference)")
}

/// What the handler below adds to, and whether it takes its time instead.
private struct Total: ~Copyable, Sendable {
  let mutex: Mutex<Int>
  let isSlow = Atomic<Bool>(false)
}

/// Work that takes a lock, mostly.
@WorkHandler
private struct Adder: WorkHandler, ~Copyable {
  let total: Shared<Total>

  func run(_ work: borrowing WorkContext) {
    if total.value.isSlow.load(ordering: .relaxed) {
      sleep(for: .seconds(1))
    } else {
      total.value.mutex.withLock { $0 &+= 1 }
    }
  }
}

/// Waits for work under a lock that the work takes at other times. So nothing hangs, but it could
/// have.
@inline(never)
func plantFlushUnderLock() throws(Errno) {
  let mutex = try Mutex(0, .kernel)
  let total = try Shared(Total(mutex: mutex), .kernel)
  let item = try WorkItem(Adder(total: total.share()), on: .system, .kernel)
  item.queue()
  item.flush()
  total.value.isSlow.store(true, ordering: .relaxed)
  item.queue()
  total.value.mutex.withLock { _ in item.flush() }
  log(.info, "waited")
}

/// Allocates with flags that may sleep while a spin lock is held.
@inline(never)
func plantSleepInAtomic() {
  let count = SpinLockIRQ(0)
  count.withLock { count in
    do throws(Errno) {
      _ = try Page(.kernel)
      count &+= 1
    } catch {
      log(.info, "no page: \(error)")
    }
  }
}

/// What a handler in an interrupt does with a lock that is for tasks.
@TimerHandler
private struct TaskLockTaker: TimerHandler, ~Copyable {
  let lock: Shared<SpinLock<Int>>
  let done: Completion

  func expired(_ timer: borrowing TimerContext) -> TimerAction {
    takeTaskLock(lock.value)
    done.complete()
    return .stop
  }
}

@inline(never)
private func takeTaskLock(_ lock: borrowing SpinLock<Int>) { lock.withLock { $0 &+= 1 } }

/// Takes a lock that leaves interrupts on in a task, and then in an interrupt. Nothing hangs: the
/// task has given it back by then.
@inline(never)
func plantTaskLockInInterrupt() throws(Errno) {
  let lock = try Shared(SpinLock(0), .kernel)
  let done = try Completion(.kernel)
  lock.value.withLock { $0 &+= 1 }
  let timer = try Timer(TaskLockTaker(lock: lock.share(), done: done.share()), .kernel)
  timer.start(after: .zero)
  done.wait()
  log(.info, "the sum is \(lock.value.withLock { $0 })")
}
