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
  run.test("lengths of time stay at the limits instead of overflowing") { checks throws(Errno) in
    let most = Nanoseconds(.max)
    let least = Nanoseconds(.min)
    checks.expect(most + .seconds(1) == most, "adding to the most")
    checks.expect(least + .seconds(-1) == least, "adding to the least")
    checks.expect(most - .seconds(-1) == most, "subtracting from the most")
    checks.expect(least - .seconds(1) == least, "subtracting from the least")
    checks.expect(.zero - least == most, "negating the least")
    checks.expect(
      Nanoseconds.seconds(.max) == most && Nanoseconds.seconds(.min) == least, "seconds")
    checks.expect(Nanoseconds(-1) * .min == most, "the least and -1")
    checks.expect(Nanoseconds.milliseconds(3).microseconds == 3000, "units")
    checks.expect(Nanoseconds.seconds(2) > .milliseconds(1999), "order")
  }
  run.test("time passes, and sleeping takes as long as was asked for") { checks throws(Errno) in
    var start = Instant.now
    sleep(for: .milliseconds(2))
    checks.expect(start.elapsed >= .milliseconds(2) && start.elapsed < generous, "2 ms")
    start = .now
    sleep(for: .milliseconds(30))
    checks.expect(start.elapsed >= .milliseconds(30) && start.elapsed < generous, "30 ms")
    start = .now
    spin(for: .microseconds(50))
    // The kernel's delay loop calibration decides how long this takes. An emulated machine can
    // distort it.
    checks.expect(start.elapsed > .zero, "spinning takes time, and ends")
    start = .now
    sleep(for: Nanoseconds(-5))
    sleep(for: .zero)
    spin(for: Nanoseconds(.min))
    spin(for: Nanoseconds(.max))
    checks.expect(start.elapsed < generous, "no time at all, and a limit")
  }
  run.test("there are CPUs") { checks throws(Errno) in
    checks.expect(
      CPU.onlineCount >= 1 && CPU.onlineCount <= CPU.possibleCount, "one at least is online")
    checks.expect(CPU.possibleCount <= CPU.limit, "each has a number")
    checks.expect(CPU.current >= 0 && CPU.current < CPU.limit, "this one too")
  }
}

func testTimers(_ run: inout TestRun) {
  run.test("a timer expires once, not before its time") { checks throws(Errno) in
    let record = try Shared(Record(), .kernel)
    let timer = try Timer(Ticker(record, times: 1), .kernel)
    checks.expect(!timer.isActive, "it rests at first")
    var start = Instant.now
    timer.start(after: .milliseconds(5))
    checks.expect(record.value.done.wait(timeout: generous), "it expires")
    checks.expect(start.elapsed >= .milliseconds(5), "after its time")
    start = .now
    timer.start(at: start + .milliseconds(3), slack: .milliseconds(1))
    checks.expect(record.value.done.wait(timeout: generous), "it expires at a moment")
    checks.expect(start.elapsed >= .milliseconds(3), "not before it")
    timer.start(after: Nanoseconds(.min))
    checks.expect(
      record.value.done.wait(timeout: generous), "it expires at once if that has passed")
    timer.start(at: Instant(sinceBoot: Nanoseconds(.min)), slack: Nanoseconds(.min))
    checks.expect(record.value.done.wait(timeout: generous), "also at a moment long ago")
    checks.expect(record.value.runs.load(ordering: .relaxed) == 4, "once each time")
    checks.expect(!timer.cancel(), "there is nothing left to cancel")
  }
  run.test("a timer that is cancelled or started anew does not expire for the first start") {
    checks throws(Errno) in
    let record = try Shared(Record(), .kernel)
    let timer = try Timer(Ticker(record, times: 1), .kernel)
    timer.start(after: .seconds(3600))
    checks.expect(timer.isActive, "it runs")
    checks.expect(timer.cancel(), "it was to expire")
    checks.expect(!timer.cancel(), "and no longer is")
    timer.start(after: Nanoseconds(.max))
    timer.start(after: .milliseconds(1))
    checks.expect(record.value.done.wait(timeout: generous), "the second start counts")
    checks.expect(record.value.runs.load(ordering: .relaxed) == 1, "alone")
  }
  run.test("a handler restarts its timer") { checks throws(Errno) in
    let record = try Shared(Record(), .kernel)
    let start = Instant.now
    let timer = try Timer(Ticker(record, times: 20, .restart(after: .microseconds(200))), .kernel)
    timer.start(after: .zero)
    checks.expect(record.value.done.wait(timeout: generous), "as often as it wants")
    checks.expect(start.elapsed >= .microseconds(200) * 19, "each time after the delay")
    timer.cancel()
    checks.expect(record.value.runs.load(ordering: .relaxed) == 20, "and no more")
  }
  run.test("a handler forwards its timer by a period") { checks throws(Errno) in
    let record = try Shared(Record(), .kernel)
    let start = Instant.now
    let timer = try Timer(Ticker(record, times: 20, .forward(by: .microseconds(500))), .kernel)
    timer.start(at: start)
    checks.expect(record.value.done.wait(timeout: generous), "as often as it wants")
    checks.expect(start.elapsed >= .microseconds(500) * 19, "each time after a period")
    checks.expect(record.value.runs.load(ordering: .relaxed) == 20, "and no more")
    let rapid = try Timer(Ticker(record, times: 100, .forward(by: Nanoseconds(.min))), .kernel)
    rapid.start(at: Instant(sinceBoot: .zero))
    checks.expect(
      record.value.done.wait(timeout: generous), "a period that is none counts as a microsecond")
    let never = try Timer(Ticker(record, times: 2, .forward(by: Nanoseconds(.max))), .kernel)
    never.start(after: .zero)
    sleep(for: .milliseconds(2))
    checks.expect(never.cancel(), "a period without end is waited for")
  }
  run.test("a spin lock keeps a task and a handler apart") { checks throws(Errno) in
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
      checks.expect(runs >= 100, "the handler ran meanwhile")
      checks.expect(record.value.total.withLock { $0 } == rounds &+ runs, "no addition is lost")
    }
    checks.expect(record.value.ends.load(ordering: .relaxed) == 1, "the handler ended once")
  }
  run.test("a timer's end waits for its handler, thousands of times") { checks throws(Errno) in
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
    checks.expect(record.value.runs.load(ordering: .relaxed) > 100, "many ran")
    checks.expect(record.value.ends.load(ordering: .relaxed) == round, "each handler ended once")
    checks.expect(record.value.violations.load(ordering: .relaxed) == 0, "none ran after its end")
  }
  run.test("starting, cancelling and restarting at once leaves a timer in order") {
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
      checks.expect(runs >= 3000, "it ran often")
      sleep(for: .milliseconds(2))
      checks.expect(
        record.value.runs.load(ordering: .relaxed) == runs, "it rests once it is cancelled")
    }
    checks.expect(record.value.ends.load(ordering: .relaxed) == 1, "its handler ended once")
  }
  run.test("a handler that cancels its own timer does not wait for itself") {
    checks throws(Errno) in
    let slot = try Shared(Slot(), .kernel)
    let timer = try Shared(Timer(SelfCanceller(slot: slot.share()), .kernel), .kernel)
    slot.value.timer.withLock { $0 = timer.share() }
    timer.value.start(after: .zero)
    checks.expect(slot.value.done.wait(timeout: generous), "it goes on")
    checks.expect(slot.value.result.load(ordering: .relaxed) == 0, "and nothing was cancelled")
    // Breaks the cycle: the slot and the timer own each other until here.
    _ = slot.value.timer.withLock { $0.take() }
  }
  run.test("what is put into an array within a spin lock leaves interrupts off") {
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
    checks.expect(isInserted, "it is put there")
    checks.expect(runs == 0, "no timer's handler comes in between")
    checks.expect(record.value.done.wait(timeout: generous), "it comes afterwards")
  }
  run.test("handlers that start their timers again immediately, for ever, leave the CPUs to others")
  {
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
    checks.expect(rounds == 1000, "a task goes on")
    checks.expect(start.elapsed < generous, "and sleeps no longer than it wants")
    checks.expect(record.value.runs.load(ordering: .relaxed) > 100, "while they ran often")
  }
}
