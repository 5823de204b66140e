// SPDX-License-Identifier: GPL-2.0-only
// apus_selftest: tests of time, and of timers whose handlers run in interrupt context.

import Kernel
import Synchronization

/// What the timer handlers of a test record.
private struct Record: ~Copyable, Sendable {
  let runs = Atomic<Int>(0)
  /// How often a handler ran after it had ended.
  let violations = Atomic<Int>(0)
  let ends = Atomic<Int>(0)
  let total = SpinLockIRQ(0)
  let done: Completion

  init() throws(Errno) { done = try Completion(.kernel) }
}

/// Runs a number of times, then completes `done`.
@TimerHandler
private struct Ticker: TimerHandler, ~Copyable {
  let record: Shared<Record>
  let times: Int
  let action: TimerAction
  let count = Atomic<Int>(0)
  let hasEnded = Atomic<Bool>(false)

  init(_ record: borrowing Shared<Record>, times: Int = .max, _ action: TimerAction = .stop) {
    self.record = record.share()
    self.times = times
    self.action = action
  }

  func expired(_ timer: borrowing TimerContext) -> TimerAction {
    if hasEnded.load(ordering: .relaxed) {
      record.value.violations.wrappingAdd(1, ordering: .relaxed)
    }
    record.value.runs.wrappingAdd(1, ordering: .relaxed)
    record.value.total.withLock(in: timer) { increment(&$0) }
    if count.wrappingAdd(1, ordering: .relaxed).newValue >= times {
      record.value.done.complete()
      return .stop
    }
    return action
  }

  deinit {
    hasEnded.store(true, ordering: .relaxed)
    record.value.ends.wrappingAdd(1, ordering: .relaxed)
  }
}

@inline(__always)
private func increment(_ sum: inout Int) {
  let before = sum
  relax()
  sum = before &+ 1
}

/// A thread that starts and cancels a timer while the timer restarts itself on another CPU.
@ThreadHandler
private struct Meddler: ThreadHandler, ~Copyable {
  let timer: Shared<Timer<Ticker>>

  func run(_ thread: borrowing ThreadContext) {
    var round = 0
    while !thread.shouldStop {
      round &+= 1
      switch round % 4 {
      case 0: timer.value.cancel()
      case 1: timer.value.start(after: .microseconds(round % 50))
      case 2: timer.value.start(at: .now + .microseconds(10), slack: .microseconds(5))
      default: spin(for: .microseconds(round % 30))
      }
      yieldToOthers()
    }
  }
}

/// Cancels its own timer.
@TimerHandler
private struct SelfCanceller: TimerHandler, ~Copyable {
  let slot: Shared<Slot>

  func expired(_ timer: borrowing TimerContext) -> TimerAction {
    slot.value.timer.withLock(in: timer) { timer in
      switch timer {
      case .some(let timer):
        slot.value.result.store(timer.value.cancel() ? 1 : 0, ordering: .relaxed)
      case .none: break
      }
    }
    slot.value.done.complete()
    return .stop
  }
}

private struct Slot: ~Copyable, Sendable {
  let timer = SpinLockIRQ<Shared<Timer<SelfCanceller>>?>(nil)
  let result = Atomic<Int>(-1)
  let done: Completion

  init() throws(Errno) { done = try Completion(.kernel) }
}

/// Far more time than any test needs, even on an emulated machine.
private var generous: Nanoseconds { .seconds(20) }

func testTime(_ run: inout TestRun) {
  run.test("durations saturate instead of overflowing") { checks throws(Errno) in
    let most = Nanoseconds(.max)
    let least = Nanoseconds(.min)
    checks.expect(most + .seconds(1) == most, "an addition to the largest duration saturates")
    checks.expect(least + .seconds(-1) == least, "an addition to the smallest duration saturates")
    checks.expect(most - .seconds(-1) == most, "a subtraction from the largest duration saturates")
    checks.expect(
      least - .seconds(1) == least, "a subtraction from the smallest duration saturates")
    checks.expect(.zero - least == most, "the negation of the smallest duration saturates")
    checks.expect(
      Nanoseconds.seconds(.max) == most && Nanoseconds.seconds(.min) == least,
      "a conversion from seconds saturates")
    checks.expect(Nanoseconds(-1) * .min == most, "the smallest number times -1 saturates")
    checks.expect(
      Nanoseconds.milliseconds(3).microseconds == 3000, "3 milliseconds are 3000 microseconds")
    checks.expect(
      Nanoseconds.seconds(2) > .milliseconds(1999), "2 seconds are more than 1999 milliseconds")
  }
  run.test("a sleep takes at least the requested time") { checks throws(Errno) in
    var start = Instant.now
    sleep(for: .milliseconds(2))
    checks.expect(
      start.elapsed >= .milliseconds(2) && start.elapsed < generous,
      "a sleep of 2 ms takes at least 2 ms")
    start = .now
    sleep(for: .milliseconds(30))
    checks.expect(
      start.elapsed >= .milliseconds(30) && start.elapsed < generous,
      "a sleep of 30 ms takes at least 30 ms")
    start = .now
    spin(for: .microseconds(50))
    // The kernel's delay loop calibration decides how long this takes. An emulated machine can
    // distort it.
    checks.expect(start.elapsed > .zero, "a spin of 50 us takes time, and ends")
    start = .now
    sleep(for: Nanoseconds(-5))
    sleep(for: .zero)
    spin(for: Nanoseconds(.min))
    spin(for: Nanoseconds(.max))
    checks.expect(start.elapsed < generous, "sleeps and spins of negative and huge durations end")
  }
  run.test("the numbers of CPUs are consistent") { checks throws(Errno) in
    checks.expect(
      CPU.onlineCount >= 1 && CPU.onlineCount <= CPU.possibleCount, "at least one CPU is online")
    checks.expect(
      CPU.possibleCount <= CPU.limit, "the limit of CPU numbers covers all possible CPUs")
    checks.expect(
      CPU.current >= 0 && CPU.current < CPU.limit,
      "the number of the current CPU is below the limit")
  }
}

func testTimers(_ run: inout TestRun) {
  run.test("a timer expires once for each start, and not early") { checks throws(Errno) in
    let record = try Shared(Record(), .kernel)
    let timer = try Timer(Ticker(record, times: 1), .kernel)
    checks.expect(!timer.isActive, "a new timer is not active")
    var start = Instant.now
    timer.start(after: .milliseconds(5))
    checks.expect(record.value.done.wait(timeout: generous), "a timer with a delay expires")
    checks.expect(start.elapsed >= .milliseconds(5), "the timer does not expire before its delay")
    start = .now
    timer.start(at: start + .milliseconds(3), slack: .milliseconds(1))
    checks.expect(
      record.value.done.wait(timeout: generous), "a timer with an absolute time expires")
    checks.expect(
      start.elapsed >= .milliseconds(3), "the timer does not expire before its absolute time")
    timer.start(after: Nanoseconds(.min))
    checks.expect(
      record.value.done.wait(timeout: generous), "a timer with a negative delay expires")
    timer.start(at: Instant(sinceBoot: Nanoseconds(.min)), slack: Nanoseconds(.min))
    checks.expect(
      record.value.done.wait(timeout: generous), "a timer with a past absolute time expires")
    checks.expect(
      record.value.runs.load(ordering: .relaxed) == 4, "the handler runs once for each start")
    checks.expect(!timer.cancel(), "an expired timer is not pending")
  }
  run.test("a timer that is cancelled or restarted does not expire for its first start") {
    checks throws(Errno) in
    let record = try Shared(Record(), .kernel)
    let timer = try Timer(Ticker(record, times: 1), .kernel)
    timer.start(after: .seconds(3600))
    checks.expect(timer.isActive, "a started timer is active")
    checks.expect(timer.cancel(), "the first cancel finds the timer pending")
    checks.expect(!timer.cancel(), "a second cancel does not find the timer pending")
    timer.start(after: Nanoseconds(.max))
    timer.start(after: .milliseconds(1))
    checks.expect(record.value.done.wait(timeout: generous), "the timer expires for its last start")
    checks.expect(record.value.runs.load(ordering: .relaxed) == 1, "the timer expires only once")
  }
  run.test("a handler restarts its timer") { checks throws(Errno) in
    let record = try Shared(Record(), .kernel)
    let start = Instant.now
    let timer = try Timer(Ticker(record, times: 20, .restart(after: .microseconds(200))), .kernel)
    timer.start(after: .zero)
    checks.expect(
      record.value.done.wait(timeout: generous),
      "the timer restarts until the handler has run 20 times")
    checks.expect(start.elapsed >= .microseconds(200) * 19, "the delay passes before each run")
    timer.cancel()
    checks.expect(
      record.value.runs.load(ordering: .relaxed) == 20, "the handler runs 20 times, and not again")
  }
  run.test("a handler forwards its timer by a period") { checks throws(Errno) in
    let record = try Shared(Record(), .kernel)
    let start = Instant.now
    let timer = try Timer(Ticker(record, times: 20, .forward(by: .microseconds(500))), .kernel)
    timer.start(at: start)
    checks.expect(
      record.value.done.wait(timeout: generous),
      "the timer is forwarded until the handler has run 20 times")
    checks.expect(start.elapsed >= .microseconds(500) * 19, "the period passes before each run")
    checks.expect(
      record.value.runs.load(ordering: .relaxed) == 20, "the handler runs 20 times, and not again")
    let rapid = try Timer(Ticker(record, times: 100, .forward(by: Nanoseconds(.min))), .kernel)
    rapid.start(at: Instant(sinceBoot: .zero))
    checks.expect(
      record.value.done.wait(timeout: generous), "a negative period counts as a microsecond")
    let never = try Timer(Ticker(record, times: 2, .forward(by: Nanoseconds(.max))), .kernel)
    never.start(after: .zero)
    sleep(for: .milliseconds(2))
    checks.expect(never.cancel(), "a timer with the largest period is pending")
  }
  run.test("a spin lock excludes a task and a timer's handler from each other") {
    checks throws(Errno) in
    let record = try Shared(Record(), .kernel)
    do {
      let timer = try Timer(Ticker(record, .restart(after: .microseconds(20))), .kernel)
      timer.start(after: .zero)
      let start = Instant.now
      var rounds = 0
      while rounds < 50_000
        || (record.value.runs.load(ordering: .relaxed) < 100 && start.elapsed < generous)
      {
        record.value.total.withLock { increment(&$0) }
        rounds &+= 1
      }
      timer.cancel()
      let runs = record.value.runs.load(ordering: .relaxed)
      checks.expect(runs >= 100, "the handler runs at least 100 times during the test")
      checks.expect(record.value.total.withLock { $0 } == rounds &+ runs, "no addition is lost")
    }
    checks.expect(record.value.ends.load(ordering: .relaxed) == 1, "the handler has ended once")
  }
  run.test("the end of a timer waits for its handler, in thousands of rounds") {
    checks throws(Errno) in
    let record = try Shared(Record(), .kernel)
    var round = 0
    let start = Instant.now
    // On a busy host an emulated timer fires late. Further rounds then give it more time.
    while round < 3000
      || record.value.runs.load(ordering: .relaxed) <= 100 && start.elapsed < generous
    {
      let timer = try Timer(Ticker(record, .restart(after: .microseconds(round % 7))), .kernel)
      timer.start(after: .microseconds(round % 13))
      spin(for: .microseconds(round < 3000 ? round % 29 : round % 997))
      _ = consume timer
      round &+= 1
    }
    checks.expect(record.value.runs.load(ordering: .relaxed) > 100, "more than 100 handlers run")
    checks.expect(
      record.value.ends.load(ordering: .relaxed) == round, "each handler has ended once")
    checks.expect(
      record.value.violations.load(ordering: .relaxed) == 0, "no handler runs after its end")
  }
  run.test("a timer withstands concurrent starts, cancels and restarts") {
    checks throws(Errno) in
    let record = try Shared(Record(), .kernel)
    do {
      let timer = try Shared(
        Timer(Ticker(record, .forward(by: .microseconds(30))), .kernel), .kernel)
      let first = try KernelThread("apus_meddler", Meddler(timer: timer.share()))
      let second = try KernelThread("apus_meddler", Meddler(timer: timer.share()))
      let start = Instant.now
      while record.value.runs.load(ordering: .relaxed) < 3000, start.elapsed < generous {
        sleep(for: .milliseconds(1))
      }
      _ = consume first
      _ = consume second
      timer.value.cancel()
      let runs = record.value.runs.load(ordering: .relaxed)
      checks.expect(runs >= 3000, "the handler runs at least 3000 times")
      sleep(for: .milliseconds(2))
      checks.expect(
        record.value.runs.load(ordering: .relaxed) == runs,
        "a cancelled timer does not run its handler")
    }
    checks.expect(record.value.ends.load(ordering: .relaxed) == 1, "the handler has ended once")
  }
  run.test("a handler that cancels its own timer does not wait for itself") {
    checks throws(Errno) in
    let slot = try Shared(Slot(), .kernel)
    let timer = try Shared(Timer(SelfCanceller(slot: slot.share()), .kernel), .kernel)
    slot.value.timer.withLock { $0 = timer.share() }
    timer.value.start(after: .zero)
    checks.expect(
      slot.value.done.wait(timeout: generous), "the handler that cancels its timer returns")
    checks.expect(
      slot.value.result.load(ordering: .relaxed) == 0, "that cancel does not find the timer pending"
    )
    // Breaks the cycle: the slot and the timer own each other until here.
    _ = slot.value.timer.withLock { $0.take() }
  }
  run.test("an XArray insertion within a spin lock leaves interrupts off") {
    checks throws(Errno) in
    let record = try Shared(Record(), .kernel)
    let timer = try Timer(Ticker(record, times: 1), .kernel)
    let array = try XArray<Page>(.kernel)
    let lock = SpinLockIRQ(0)
    var page: Page? = try Page(.kernel)
    var isInserted = false
    var runs = -1
    try lock.withLock { (_) throws(Errno) -> Void in
      timer.start(after: .microseconds(20))
      if let page = page.take() { isInserted = try array.insert(page, at: 5, .atomic) }
      // The timer would expire during this loop.
      let start = Instant.now
      while start.elapsed < .milliseconds(2) { relax() }
      runs = record.value.runs.load(ordering: .relaxed)
    }
    checks.expect(isInserted, "the element is inserted")
    checks.expect(runs == 0, "no timer's handler runs while the lock is held")
    checks.expect(
      record.value.done.wait(timeout: generous), "the timer's handler runs after the release")
  }
  run.test("handlers that restart their timers without a delay leave CPU time to tasks") {
    checks throws(Errno) in
    let record = try Shared(Record(), .kernel)
    var timers = List<Timer<Ticker>>()
    while timers.count < CPU.onlineCount &* 2 {
      let action: TimerAction =
        timers.count % 2 == 0 ? .restart(after: Nanoseconds(.min)) : .forward(by: .zero)
      try timers.append(try Timer(Ticker(record, action), .kernel), .kernel)
    }
    timers.forEach { timer in
      timer.start(after: .zero)
      // During the sleep the scheduler usually moves this thread to another CPU.
      sleep(for: .milliseconds(1))
    }
    let start = Instant.now
    var rounds = 0
    while rounds < 1000, start.elapsed < generous {
      rounds &+= 1
      yieldToOthers()
    }
    sleep(for: .milliseconds(5))
    timers.forEach { timer in _ = timer.cancel() }
    checks.expect(rounds == 1000, "a task completes 1000 rounds")
    checks.expect(start.elapsed < generous, "the task does not wait long")
    checks.expect(
      record.value.runs.load(ordering: .relaxed) > 100, "the handlers run more than 100 times")
  }
}
