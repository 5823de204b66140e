// SPDX-License-Identifier: GPL-2.0-only
// apus_selftest: tests of work items, kernel threads, and waiting for them.

import Kernel
import Synchronization

/// What the handlers of a test record.
private struct Record: ~Copyable, Sendable {
  let runs: Atomic<Int>
  let running: Atomic<Int>
  let finished: Atomic<Int>
  /// How often a handler ran after it had ended, or ran concurrently with itself although it must
  /// not.
  let violations: Atomic<Int>
  let ends: Atomic<Int>
  /// How often an item ran whose number was not the number of runs before it.
  let outOfOrder: Atomic<Int>
  let begun: Completion
  let done: Completion

  init() throws(Errno) {
    let begun = try Completion(.kernel)
    let done = try Completion(.kernel)
    // Calls that can throw come first: an initializer must not throw after it has set properties.
    self.begun = begun
    self.done = done
    runs = Atomic(0)
    running = Atomic(0)
    finished = Atomic(0)
    violations = Atomic(0)
    ends = Atomic(0)
    outOfOrder = Atomic(0)
  }
}

@WorkHandler
private struct Job: WorkHandler, ~Copyable {
  let record: Shared<Record>
  let number: Int
  let takes: Nanoseconds
  let requeues: Int
  let requeuesAfter: Nanoseconds
  let count = Atomic<Int>(0)
  let isRunning = Atomic<Bool>(false)
  let hasEnded = Atomic<Bool>(false)

  init(
    _ record: borrowing Shared<Record>, number: Int = 0, takes: Nanoseconds = .zero,
    requeues: Int = 0,
    after: Nanoseconds = .zero
  ) {
    self.record = record.share()
    self.number = number
    self.takes = takes
    self.requeues = requeues
    self.requeuesAfter = after
  }

  func run(_ work: borrowing WorkContext) {
    if hasEnded.load(ordering: .relaxed) || isRunning.exchange(true, ordering: .relaxed) {
      record.value.violations.wrappingAdd(1, ordering: .relaxed)
    }
    let place = record.value.runs.wrappingAdd(1, ordering: .relaxed).oldValue
    if number != place { record.value.outOfOrder.wrappingAdd(1, ordering: .relaxed) }
    record.value.begun.complete()
    if takes > .zero { sleep(for: takes) }
    record.value.finished.wrappingAdd(1, ordering: .relaxed)
    isRunning.store(false, ordering: .relaxed)
    if count.wrappingAdd(1, ordering: .relaxed).newValue <= requeues {
      work.requeue(after: requeuesAfter)
    } else {
      record.value.done.complete()
    }
  }

  deinit {
    hasEnded.store(true, ordering: .relaxed)
    record.value.ends.wrappingAdd(1, ordering: .relaxed)
  }
}

/// What the threads of the tests below do. Not an enum, because the compiler emits a trap for a
/// switch over an enum.
private struct Task: Equatable, Sendable {
  let number: Int

  static var returnAtOnce: Task { Task(number: 0) }
  static var sleepLong: Task { Task(number: 1) }
  static var sleepUntilStopped: Task { Task(number: 2) }
  static var waitForSignal: Task { Task(number: 3) }
}

@ThreadHandler
private struct Sleeper: ThreadHandler, ~Copyable {
  let record: Shared<Record>
  let task: Task
  let queue: Shared<WaitQueue>?

  init(_ record: borrowing Shared<Record>, _ task: Task) {
    self.record = record.share()
    self.task = task
    queue = nil
  }

  init(_ record: borrowing Shared<Record>, waitingIn queue: borrowing Shared<WaitQueue>) {
    self.record = record.share()
    task = .waitForSignal
    self.queue = queue.share()
  }

  func run(_ thread: borrowing ThreadContext) {
    record.value.runs.wrappingAdd(1, ordering: .relaxed)
    record.value.begun.complete()
    switch task {
    case .returnAtOnce: break
    case .sleepLong:
      while !thread.shouldStop {
        // The owner often asks the thread to stop during this time. The sleep must notice it.
        spin(for: .microseconds(50))
        thread.sleep(for: .seconds(3600))
      }
    case .sleepUntilStopped: thread.sleepUntilStopped()
    default:
      switch queue {
      case .some(let queue): waitForSignals(thread, queue.value)
      case .none: break
      }
    }
    record.value.finished.wrappingAdd(1, ordering: .relaxed)
    record.value.done.complete()
  }

  /// Waits for a signal, which sets `running` above 0, and answers it by setting `running` to 0.
  func waitForSignals(_ thread: borrowing ThreadContext, _ queue: borrowing WaitQueue) {
    while true {
      let isSignalled = thread.wait(
        on: queue, until: { record.value.running.load(ordering: .acquiring) > 0 })
      if !isSignalled { return }
      record.value.running.store(0, ordering: .releasing)
      queue.wakeAll()
    }
  }

  deinit { record.value.ends.wrappingAdd(1, ordering: .relaxed) }
}

/// Work that waits for other work.
@WorkHandler
private struct Waiter: WorkHandler, ~Copyable {
  let other: Shared<WorkItem<Job>>

  func run(_ work: borrowing WorkContext) {
    other.value.queue()
    other.value.flush()
  }
}

private var generous: Nanoseconds { .seconds(20) }

extension Shared where Value == Record {
  fileprivate var runs: Int { value.runs.load(ordering: .relaxed) }
  fileprivate var finished: Int { value.finished.load(ordering: .relaxed) }
  fileprivate var ends: Int { value.ends.load(ordering: .relaxed) }
  fileprivate var violations: Int { value.violations.load(ordering: .relaxed) }
}

func testWork(_ run: inout TestRun) {
  // lockdep would report this test if both items had the same class. The debug kernel checks that.
  run.test("a work item waits for an item that was made at another place") { checks throws(Errno) in
    let record = try Shared(try Record(), .kernel)
    let other = try Shared(try WorkItem(Job(record), on: .systemUnbound, .kernel), .kernel)
    let item = try WorkItem(Waiter(other: other.share()), on: .system, .kernel)
    item.queue()
    item.flush()
    checks.expect(record.runs == 1, "the other item has run")
  }
  run.test("an item runs once for each time it is newly queued") { checks throws(Errno) in
    let record = try Shared(Record(), .kernel)
    let item = try WorkItem(Job(record), on: .system, .kernel)
    checks.expect(item.queue(), "queue returns true for an idle item")
    checks.expect(record.value.done.wait(timeout: generous), "the queued item runs")
    checks.expect(item.queue(after: .seconds(3600)), "queue(after:) returns true for an idle item")
    checks.expect(item.isQueued, "the delayed item is queued")
    checks.expect(!item.queue(), "queue returns false for a queued item")
    checks.expect(record.runs == 1, "the delayed item does not run early")
    checks.expect(
      !item.reschedule(after: .milliseconds(1)), "reschedule returns false for a queued item")
    checks.expect(record.value.done.wait(timeout: generous), "the rescheduled item runs")
    checks.expect(item.queue(after: .seconds(3600)), "queue(after:) returns true after the run")
    checks.expect(item.cancel(), "cancel finds the item queued")
    checks.expect(!item.cancel(), "a second cancel does not find the item queued")
    item.queue(after: .seconds(3600))
    item.flush()
    checks.expect(record.runs == 3, "flush runs a delayed item immediately")
    item.flush()
  }
  run.test("an item that is dropped while it is queued never runs") { checks throws(Errno) in
    let record = try Shared(Record(), .kernel)
    let queue = try WorkQueue("apus_test", .memoryReclaim | .highPriority)
    do {
      let item = try WorkItem(Job(record), on: queue, .kernel)
      item.queue(after: .milliseconds(1))
    }
    checks.expect(record.ends == 1, "the handler of the dropped item has ended")
    sleep(for: .milliseconds(20))
    checks.expect(record.runs == 0, "the dropped item has not run")
  }
  run.test("dropping an item that runs waits for it") { checks throws(Errno) in
    let record = try Shared(Record(), .kernel)
    do {
      let item = try WorkItem(Job(record, takes: .milliseconds(30)), on: .systemUnbound, .kernel)
      item.queue()
      record.value.begun.wait()
      checks.expect(record.finished == 0, "the item has not finished")
    }
    checks.expect(record.finished == 1, "the dropped item has finished")
    checks.expect(record.ends == 1, "the handler of the dropped item has ended")
  }
  run.test("an item requeues itself until it is dropped") { checks throws(Errno) in
    let record = try Shared(Record(), .kernel)
    let item = try WorkItem(Job(record, requeues: 9), on: .systemHighPriority, .kernel)
    item.queue()
    checks.expect(
      record.value.done.wait(timeout: generous), "the item stops after its last requeue")
    checks.expect(record.runs == 10, "the item with nine requeues runs ten times")
    do {
      let endless = try WorkItem(Job(record, requeues: .max), on: .system, .kernel)
      let delayed = try WorkItem(
        Job(record, requeues: .max, after: .milliseconds(1)), on: .system, .kernel)
      endless.queue()
      delayed.queue()
      sleep(for: .milliseconds(20))
    }
    let runs = record.runs
    checks.expect(runs > 12, "endless items run repeatedly")
    sleep(for: .milliseconds(20))
    checks.expect(record.runs == runs, "dropped items do not run")
    checks.expect(
      record.violations == 0, "no handler runs after its end or concurrently with itself")
  }
  run.test("an ordered queue runs one item at a time, in order") { checks throws(Errno) in
    let record = try Shared(Record(), .kernel)
    let queue = try WorkQueue(ordered: "apus_ordered", .memoryReclaim)
    var items = List<WorkItem<Job>>()
    while items.count < 20 {
      try items.append(
        try WorkItem(
          Job(record, number: items.count, takes: .microseconds(100)), on: queue, .kernel), .kernel)
    }
    items.forEach { item in _ = item.queue() }
    try queue.flush()
    checks.expect(record.finished == 20, "flush of the queue waits for all items")
    checks.expect(
      record.value.outOfOrder.load(ordering: .relaxed) == 0, "each item runs in its order")
  }
  run.test("a queue exists until its last item ends") { checks throws(Errno) in
    let record = try Shared(Record(), .kernel)
    let queue = try WorkQueue("apus_test", .unbound | .cpuIntensive, maximumActive: 1)
    let item = try WorkItem(Job(record), on: queue, .kernel)
    _ = consume queue
    checks.expect(
      item.queue(after: .milliseconds(1)),
      "an item can be queued after the other owner of its queue ended")
    checks.expect(record.value.done.wait(timeout: generous), "this item runs")
  }
  run.test("an invalid work queue is refused") { checks throws(Errno) in
    checks.expect(.invalidArgument, "a negative maximumActive is refused") { () throws(Errno) in
      _ = try WorkQueue("apus_test", maximumActive: -1)
    }
    checks.expect(.invalidArgument, "a maximumActive that is too large is refused") {
      () throws(Errno) in
      _ = try WorkQueue("apus_test", maximumActive: .max)
    }
    checks.expect(.invalidArgument, "an empty name is refused") { () throws(Errno) in
      _ = try WorkQueue("", .inSysfs | .unbound)
    }
    checks.expect(.invalidArgument, "a name that begins with a NUL is refused") {
      () throws(Errno) in
      _ = try WorkQueue("\u{0}", .inSysfs | .unbound)
    }
    checks.expect(.invalidArgument, "the flag cpuIntensive of an ordered queue is refused") {
      () throws(Errno) in
      _ = try WorkQueue(ordered: "apus_test", .cpuIntensive)
    }
    checks.expect(.notSupported, "flush of the kernel's own queue throws notSupported") {
      () throws(Errno) in
      try WorkQueue.system.flush()
    }
  }
  run.test("items can be dropped at any time, in thousands of rounds") { checks throws(Errno) in
    let record = try Shared(Record(), .kernel)
    let queue = try WorkQueue("apus_test", .unbound)
    var round = 0
    while round < 2000 {
      let item = try WorkItem(Job(record, requeues: round % 3), on: queue, .kernel)
      item.queue()
      if round % 5 == 0 { item.reschedule(after: .milliseconds(4)) }
      spin(for: .microseconds(round % 31))
      _ = consume item
      round &+= 1
    }
    checks.expect(record.runs > 0, "some items run")
    checks.expect(record.ends == 2000, "each handler has ended once")
    checks.expect(record.violations == 0, "no handler runs after its end")
  }
}

func testThreads(_ run: inout TestRun) {
  run.test("the end of a thread waits for it") { checks throws(Errno) in
    let record = try Shared(Record(), .kernel)
    do {
      let thread = try KernelThread("apus_sleeper", Sleeper(record, .sleepUntilStopped))
      record.value.begun.wait()
      checks.expect(record.finished == 0, "the thread runs until it is asked to stop")
      checks.expect(
        thread.handler.record.value.runs.load(ordering: .relaxed) == 1,
        "the owner reads the handler of the thread")
    }
    checks.expect(record.finished == 1, "the thread has finished")
    checks.expect(record.ends == 1, "the handler of the thread has ended")
  }
  run.test("a thread that sleeps stops immediately") { checks throws(Errno) in
    let record = try Shared(Record(), .kernel)
    let start = Instant.now
    do {
      let thread = try KernelThread("apus_sleeper", Sleeper(record, .sleepLong))
      record.value.begun.wait()
      sleep(for: .milliseconds(5))
      _ = consume thread
    }
    checks.expect(start.elapsed < generous, "the thread does not sleep until its time")
    checks.expect(record.finished == 1, "the thread that sleeps has finished")
  }
  run.test("a thread can return before its owner ends it") { checks throws(Errno) in
    let record = try Shared(Record(), .kernel)
    let thread = try KernelThread("apus_sleeper", Sleeper(record, .returnAtOnce))
    record.value.done.wait()
    sleep(for: .milliseconds(10))
    checks.expect(record.ends == 0, "the handler has not ended when the thread returns")
    _ = consume thread
    checks.expect(record.ends == 1, "the handler ends with the owner")
  }
  run.test("threads can be stopped at any time, in hundreds of rounds") { checks throws(Errno) in
    let record = try Shared(Record(), .kernel)
    var round = 0
    while round < 300 {
      let thread = try KernelThread(
        "apus_sleeper", Sleeper(record, round % 2 == 0 ? .sleepLong : .sleepUntilStopped))
      if round % 3 == 0 { record.value.begun.wait() }
      spin(for: .microseconds(round % 50))
      _ = consume thread
      round &+= 1
    }
    checks.expect(record.ends == 300, "each handler has ended once")
    checks.expect(record.finished == record.runs, "each thread that began has finished")
  }
  run.test("a thread that waits for signals misses none") { checks throws(Errno) in
    let record = try Shared(Record(), .kernel)
    let queue = try Shared(try WaitQueue(.kernel), .kernel)
    do {
      let thread = try KernelThread("apus_sleeper", Sleeper(record, waitingIn: queue))
      var round = 0
      while round < 500 {
        record.value.running.store(1, ordering: .releasing)
        queue.value.wakeAll()
        if round % 2 == 0 {
          queue.value.wait { record.value.running.load(ordering: .acquiring) == 0 }
        } else {
          try queue.value.waitInterruptibly { record.value.running.load(ordering: .acquiring) == 0 }
        }
        round &+= 1
      }
      checks.expect(record.finished == 0, "the thread answers each signal")
      _ = consume thread
    }
    checks.expect(record.finished == 1, "the thread stops while it waits")
  }
}

func testCompletions(_ run: inout TestRun) {
  run.test("a wait for a completion ends at its timeout") {
    checks throws(Errno) in
    let event = try Completion(.kernel)
    let start = Instant.now
    checks.expect(
      !event.wait(timeout: .milliseconds(20)), "the wait returns false after its timeout")
    checks.expect(
      start.elapsed >= .milliseconds(5) && start.elapsed < generous, "the wait takes its time")
    checks.expect(!event.wait(timeout: .zero), "a wait with timeout 0 returns false")
    checks.expect(
      !event.wait(timeout: Nanoseconds(.min)), "a wait with a negative timeout returns false")
    checks.expect(!event.tryWait(), "tryWait returns false")
  }
  run.test("complete counts before a wait") { checks throws(Errno) in
    let event = try Completion(.kernel)
    let other = event.share()
    other.complete()
    other.complete()
    event.wait()
    checks.expect(event.wait(timeout: Nanoseconds(.max)), "the second wait returns true")
    checks.expect(!event.tryWait(), "a third wait finds nothing")
    other.completeAll()
    event.wait()
    try event.waitInterruptibly()
    checks.expect(event.tryWait() && event.tryWait(), "after completeAll, each wait returns")
    event.reset()
    checks.expect(!event.tryWait(), "after reset, tryWait returns false")
  }
  run.test("either owner of a completion can end first") { checks throws(Errno) in
    let record = try Shared(Record(), .kernel)
    var round = 0
    while round < 300 {
      let event = try Completion(.kernel)
      let item = try WorkItem(
        Teller(event: event.share(), record: record.share()), on: .systemUnbound, .kernel)
      item.queue()
      if round % 2 == 0 { event.wait() }
      _ = consume event
      item.flush()
      round &+= 1
    }
    checks.expect(record.runs == 300, "each item has run")
  }
}

/// Reports that it ran.
@WorkHandler
private struct Teller: WorkHandler, ~Copyable {
  let event: Completion
  let record: Shared<Record>

  func run(_ work: borrowing WorkContext) {
    event.complete()
    record.value.runs.wrappingAdd(1, ordering: .relaxed)
  }
}
