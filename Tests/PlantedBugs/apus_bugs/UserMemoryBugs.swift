// SPDX-License-Identifier: GPL-2.0-only
// apus_bugs: a process's memory, written where it is only borrowed: in a kernel thread, work, a
// timer, and under a lock.
//
// No driver can: `UserMemory` is lent by a process's call. Here the helper below it is called,
// which refuses. So nothing is reported, and the process's memory stays as it is.

internal import CKernel
import Kernel
import Synchronization

/// How many bytes of eight could not be written, in each place; 100 where it was not tried.
private struct Left: ~Copyable, Sendable {
  let bytes = Atomic<Int>(100)
  let done: Completion

  init() throws(Errno) { done = try Completion(.kernel) }

  func write(to address: UInt) {
    var word: UInt64 = 0x5a5a_5a5a_5a5a_5a5a
    // SAFETY: the word is the call's own; what the address is, the helper is to find out.
    bytes.store(
      Int(truncatingIfNeeded: unsafe apus_copy_to_user(address, &word, 8)), ordering: .relaxed)
    done.complete()
  }
}

@ThreadHandler
private struct WritingThread: ThreadHandler, ~Copyable {
  let left: Shared<Left>
  let address: UInt

  func run(_ thread: borrowing ThreadContext) { left.value.write(to: address) }
}

@WorkHandler
private struct WritingWork: WorkHandler, ~Copyable {
  let left: Shared<Left>
  let address: UInt

  func run(_ work: borrowing WorkContext) { left.value.write(to: address) }
}

@TimerHandler
private struct WritingTimer: TimerHandler, ~Copyable {
  let left: Shared<Left>
  let address: UInt

  func expired(_ timer: borrowing TimerContext) -> TimerAction {
    left.value.write(to: address)
    return .stop
  }
}

/// Writes to the memory of the process that loads the module, from each place that has it only by
/// chance.
@inline(never)
func plantUserMemory(at address: UInt) throws(Errno) {
  let inThread = try Shared(try Left(), .kernel)
  let inWork = try Shared(try Left(), .kernel)
  let inTimer = try Shared(try Left(), .kernel)
  let inLock = try Left()
  let inCall = try Left()
  let thread = try KernelThread(
    "apus_writer", WritingThread(left: inThread.share(), address: address))
  inThread.value.done.wait()
  let work = try WorkItem(WritingWork(left: inWork.share(), address: address), on: .system, .kernel)
  work.queue()
  inWork.value.done.wait()
  let timer = try Timer(WritingTimer(left: inTimer.share(), address: address), .kernel)
  timer.start(after: .milliseconds(1))
  // Waiting without sleep: so the timer interrupts this task, whose memory it is.
  while inTimer.value.bytes.load(ordering: .relaxed) == 100 { relax() }
  let lock = SpinLockIRQ(0)
  lock.withLock { _ in inLock.write(to: address) }
  // Where it is the caller's, it can be written: eight bytes further on.
  inCall.write(to: address &+ 8)
  log(
    .info,
    """
    left of eight: thread \(inThread.value.bytes.load(ordering: .relaxed)), work \(inWork.value.bytes.load(ordering: .relaxed)), \
    timer \(inTimer.value.bytes.load(ordering: .relaxed)), lock \(inLock.bytes.load(ordering: .relaxed)), \
    call \(inCall.bytes.load(ordering: .relaxed))
    """)
  _ = consume thread
}
