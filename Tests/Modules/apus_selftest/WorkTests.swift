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
  run.test("work waits for work that was made at another place") { checks throws(Errno) in
    let record = try Shared(try Record(), .kernel)
    let other = try Shared(try WorkItem(Job(record), on: .systemUnbound, .kernel), .kernel)
    let item = try WorkItem(Waiter(other: other.share()), on: .system, .kernel)
    item.queue()
    item.flush()
    checks.expect(record.runs == 1, "both ran")
  }
  run.test("an item runs once for each time it was newly queued") { checks throws(Errno) in
    let record = try Shared(Record(), .kernel)
    let item = try WorkItem(Job(record), on: .system, .kernel)
    checks.expect(item.queue(), "it is queued")
    checks.expect(record.value.done.wait(timeout: generous), "it runs")
    checks.expect(item.queue(after: .seconds(3600)), "it is queued for later")
    checks.expect(item.isQueued, "it waits")
    checks.expect(!item.queue(), "it is queued already")
    checks.expect(record.runs == 1, "it does not run meanwhile")
    checks.expect(
      !item.reschedule(after: .milliseconds(1)), "its time is changed, it was queued already")
    checks.expect(record.value.done.wait(timeout: generous), "it runs at its new time")
    checks.expect(item.queue(after: .seconds(3600)), "it is queued for later again")
    checks.expect(item.cancel(), "it was to run")
    checks.expect(!item.cancel(), "and no longer is")
    item.queue(after: .seconds(3600))
    item.flush()
    checks.expect(record.runs == 3, "it ran without waiting for its time, three times in all")
    item.flush()
  }
  run.test("an item that is dropped while it waits never runs") { checks throws(Errno) in
    let record = try Shared(Record(), .kernel)
    let queue = try WorkQueue("apus_test", .memoryReclaim | .highPriority)
    do {
      let item = try WorkItem(Job(record), on: queue, .kernel)
      item.queue(after: .milliseconds(1))
    }
    checks.expect(record.ends == 1, "its handler has ended")
    sleep(for: .milliseconds(20))
    checks.expect(record.runs == 0, "it did not run")
  }
  run.test("an item that is dropped while it runs is waited for") { checks throws(Errno) in
    let record = try Shared(Record(), .kernel)
    do {
      let item = try WorkItem(Job(record, takes: .milliseconds(30)), on: .systemUnbound, .kernel)
      item.queue()
      record.value.begun.wait()
      checks.expect(record.finished == 0, "it runs")
    }
    checks.expect(record.finished == 1, "it has finished")
    checks.expect(record.ends == 1, "its handler has ended")
  }
  run.test("an item requeues itself, until it is dropped") { checks throws(Errno) in
    let record = try Shared(Record(), .kernel)
    let item = try WorkItem(Job(record, requeues: 9), on: .systemHighPriority, .kernel)
    item.queue()
    checks.expect(record.value.done.wait(timeout: generous), "it stops by itself")
    checks.expect(record.runs == 10, "it ran ten times")
    do {
      let endless = try WorkItem(Job(record, requeues: .max), on: .system, .kernel)
      let delayed = try WorkItem(
        Job(record, requeues: .max, after: .milliseconds(1)), on: .system, .kernel)
      endless.queue()
      delayed.queue()
      sleep(for: .milliseconds(20))
    }
    let runs = record.runs
    checks.expect(runs > 12, "they ran again and again")
    sleep(for: .milliseconds(20))
    checks.expect(record.runs == runs, "and no more")
    checks.expect(record.violations == 0, "no handler ran after its end, or twice at once")
  }
  run.test("an ordered queue keeps the order, one at a time") { checks throws(Errno) in
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
    checks.expect(record.finished == 20, "the queue's flush waits for all")
    checks.expect(record.value.outOfOrder.load(ordering: .relaxed) == 0, "each in its place")
  }
  run.test("a queue lives as long as its items, and ends with the last") { checks throws(Errno) in
    let record = try Shared(Record(), .kernel)
    let queue = try WorkQueue("apus_test", .unbound | .cpuIntensive, maximumActive: 1)
    let item = try WorkItem(Job(record), on: queue, .kernel)
    _ = consume queue
    checks.expect(item.queue(after: .milliseconds(1)), "it can still be queued")
    checks.expect(record.value.done.wait(timeout: generous), "and runs")
  }
  run.test("a queue that cannot be is refused") { checks throws(Errno) in
    checks.expect(.invalidArgument, "fewer than none at once") { () throws(Errno) in
      _ = try WorkQueue("apus_test", maximumActive: -1)
    }
    checks.expect(.invalidArgument, "too many at once") { () throws(Errno) in
      _ = try WorkQueue("apus_test", maximumActive: .max)
    }
    checks.expect(.invalidArgument, "one without a name") { () throws(Errno) in
      _ = try WorkQueue("", .inSysfs | .unbound)
    }
    checks.expect(.invalidArgument, "one whose name C would take for none") { () throws(Errno) in
      _ = try WorkQueue("\u{0}", .inSysfs | .unbound)
    }
    checks.expect(.invalidArgument, "an ordered one bound to CPUs") { () throws(Errno) in
      _ = try WorkQueue(ordered: "apus_test", .cpuIntensive)
    }
    checks.expect(.notSupported, "the kernel's own is not flushed") { () throws(Errno) in
      try WorkQueue.system.flush()
    }
  }
  run.test("items may be dropped at any time, thousands of times") { checks throws(Errno) in
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
    checks.expect(record.runs > 0, "some ran")
    checks.expect(record.ends == 2000, "each handler ended once")
    checks.expect(record.violations == 0, "none ran after its end")
  }
}

func testThreads(_ run: inout TestRun) {
  run.test("a thread runs, and is waited for") { checks throws(Errno) in
    let record = try Shared(Record(), .kernel)
    do {
      let thread = try KernelThread("apus_sleeper", Sleeper(record, .sleepUntilStopped))
      record.value.begun.wait()
      checks.expect(record.finished == 0, "it goes on until it is to stop")
      checks.expect(
        thread.handler.record.value.runs.load(ordering: .relaxed) == 1, "its handler is in reach")
    }
    checks.expect(record.finished == 1, "it has finished")
    checks.expect(record.ends == 1, "its handler has ended")
  }
  run.test("a thread that sleeps for long stops at once") { checks throws(Errno) in
    let record = try Shared(Record(), .kernel)
    let start = Instant.now
    do {
      let thread = try KernelThread("apus_sleeper", Sleeper(record, .sleepLong))
      record.value.begun.wait()
      sleep(for: .milliseconds(5))
      _ = consume thread
    }
    checks.expect(start.elapsed < generous, "it did not sleep on")
    checks.expect(record.finished == 1, "it has finished")
  }
  run.test("a thread may have ended before its owner ends it") { checks throws(Errno) in
    let record = try Shared(Record(), .kernel)
    let thread = try KernelThread("apus_sleeper", Sleeper(record, .returnAtOnce))
    record.value.done.wait()
    sleep(for: .milliseconds(10))
    checks.expect(record.ends == 0, "its handler has not")
    _ = consume thread
    checks.expect(record.ends == 1, "its handler ends with the owner")
  }
  run.test("threads may be stopped at any time, hundreds of times") { checks throws(Errno) in
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
    checks.expect(record.ends == 300, "each handler ended once")
    checks.expect(record.finished == record.runs, "each that began has finished")
  }
  run.test("a thread waits for what others signal, and misses nothing") { checks throws(Errno) in
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
      checks.expect(record.finished == 0, "it answered each")
      _ = consume thread
    }
    checks.expect(record.finished == 1, "it stops while it waits")
  }
}

func testCompletions(_ run: inout TestRun) {
  run.test("an event that does not happen is waited for until the time is over") {
    checks throws(Errno) in
    let event = try Completion(.kernel)
    let start = Instant.now
    checks.expect(!event.wait(timeout: .milliseconds(20)), "it did not happen")
    checks.expect(start.elapsed >= .milliseconds(5) && start.elapsed < generous, "the time is over")
    checks.expect(!event.wait(timeout: .zero), "no time is no time")
    checks.expect(!event.wait(timeout: Nanoseconds(.min)), "nor is less than none")
    checks.expect(!event.tryWait(), "nothing happened")
  }
  run.test("an event is counted before it is waited for") { checks throws(Errno) in
    let event = try Completion(.kernel)
    let other = event.share()
    other.complete()
    other.complete()
    event.wait()
    checks.expect(event.wait(timeout: Nanoseconds(.max)), "two happened")
    checks.expect(!event.tryWait(), "and no more")
    other.completeAll()
    event.wait()
    try event.waitInterruptibly()
    checks.expect(event.tryWait() && event.tryWait(), "all that ever wait go on")
    event.reset()
    checks.expect(!event.tryWait(), "until it is reset")
  }
  run.test("either side of an event may end first") { checks throws(Errno) in
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
    checks.expect(record.runs == 300, "each happened")
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
