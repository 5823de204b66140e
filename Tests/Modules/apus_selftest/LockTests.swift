// SPDX-License-Identifier: GPL-2.0-only
// apus_selftest: tests of locks, counters and RCU, each with several concurrent threads.

import Kernel
import Synchronization

/// The sums to which the threads of a test add, each with its own kind of lock.
private struct Sums: ~Copyable, Sendable {
  let spin: SpinLockIRQ<Int>
  let task: SpinLock<Int>
  let readWriteSpin: RWLockIRQ<Int>
  let mutex: Mutex<Int>
  let readWrite: RWSemaphore<Int>
  let perCPU: PerCPUCounter
  /// How often a reader saw a state that must not occur.
  let violations: Atomic<Int>
  /// How many threads are ready to add.
  let ready: Atomic<Int>
  let start: Completion
  let end: Completion

  init() throws(Errno) {
    let mutex = try Mutex(0, .kernel)
    let readWrite = try RWSemaphore(0, .kernel)
    let perCPU = try PerCPUCounter(0, .kernel)
    let start = try Completion(.kernel)
    let end = try Completion(.kernel)
    // Calls that can throw come first: an initializer must not throw after it has set properties.
    spin = SpinLockIRQ(0)
    task = SpinLock(0)
    readWriteSpin = RWLockIRQ(0)
    violations = Atomic(0)
    ready = Atomic(0)
    self.mutex = mutex
    self.readWrite = readWrite
    self.perCPU = perCPU
    self.start = start
    self.end = end
  }
}

/// Which lock a test uses, and how it takes it. Not an enum, because the compiler emits a trap for
/// a switch over an enum.
private struct Way: Equatable, Sendable {
  let number: Int

  static var spin: Way { Way(number: 0) }
  static var spinTry: Way { Way(number: 1) }
  static var task: Way { Way(number: 2) }
  static var taskTry: Way { Way(number: 3) }
  static var readWriteSpin: Way { Way(number: 4) }
  static var mutex: Way { Way(number: 5) }
  static var mutexTry: Way { Way(number: 6) }
  static var mutexInterruptible: Way { Way(number: 7) }
  static var readWrite: Way { Way(number: 8) }
  static var readWriteTry: Way { Way(number: 9) }
  static var perCPU: Way { Way(number: 10) }
}

/// Adds 1, slowly enough that another CPU can run in between if the lock does not exclude it.
@inline(__always)
private func increment(_ sum: inout Int) {
  let before = sum
  spin(for: .nanoseconds(300))
  sum = before &+ 1
}

/// Adds 1 many times.
@ThreadHandler
private struct Adder: ThreadHandler, ~Copyable {
  let sums: Shared<Sums>
  let way: Way
  let rounds: Int

  func run(_ thread: borrowing ThreadContext) {
    // The start never comes if one of the threads cannot be created.
    while !sums.value.start.wait(timeout: .milliseconds(4)) { if thread.shouldStop { return } }
    // Adding begins when all threads run. Each has been busy for long enough that the scheduler has
    // spread them over the CPUs.
    sums.value.ready.wrappingAdd(1, ordering: .relaxed)
    while sums.value.ready.load(ordering: .relaxed) < 4 { yieldToOthers() }
    let begin = Instant.now
    while begin.elapsed < .milliseconds(8) { yieldToOthers() }
    var left = rounds
    while left > 0 {
      left &-= 1
      add(sums.value)
    }
    sums.value.end.complete()
  }

  @inline(never)
  func add(_ sums: borrowing Sums) {
    switch way {
    case .spin: sums.spin.withLock { increment(&$0) }
    case .spinTry: while sums.spin.withLockIfAvailable({ increment(&$0) }) == nil { relax() }
    case .task: sums.task.withLock { increment(&$0) }
    case .taskTry: while sums.task.withLockIfAvailable({ increment(&$0) }) == nil { relax() }
    case .readWriteSpin:
      let before = sums.readWriteSpin.withReadLock { isSteady($0) ? $0 : -1 }
      let after = sums.readWriteSpin.withWriteLock { sum in
        increment(&sum)
        return sum
      }
      if before < 0 || after <= before { sums.violations.wrappingAdd(1, ordering: .relaxed) }
    case .mutex: sums.mutex.withLock { increment(&$0) }
    case .mutexTry:
      while sums.mutex.withLockIfAvailable({ increment(&$0) }) == nil { yieldToOthers() }
    case .mutexInterruptible:
      do throws(Errno) {
        try sums.mutex.withLockInterruptibly { increment(&$0) }
      } catch {
        sums.violations.wrappingAdd(1, ordering: .relaxed)
      }
    case .readWrite:
      let before = sums.readWrite.withReadLock { isSteady($0) ? $0 : -1 }
      let after = sums.readWrite.withWriteLock { sum in
        increment(&sum)
        return sum
      }
      if before < 0 || after <= before { sums.violations.wrappingAdd(1, ordering: .relaxed) }
    case .readWriteTry:
      while sums.readWrite.withWriteLockIfAvailable({ increment(&$0) }) == nil { yieldToOthers() }
      if sums.readWrite.withReadLockIfAvailable({ isSteady($0) }) == false {
        sums.violations.wrappingAdd(1, ordering: .relaxed)
      }
    default: sums.perCPU.add(1)
    }
  }
}

/// Whether a number stays the same while it is read.
@inline(__always)
private func isSteady(_ sum: borrowing Int) -> Bool {
  let before = copy sum
  spin(for: .nanoseconds(300))
  return before == copy sum
}

/// Lets four threads add concurrently. Returns the resulting sum.
private func sum(_ way: Way, rounds: Int, violations: inout Int) throws(Errno) -> Int {
  let sums = try Shared(Sums(), .kernel)
  var threads = List<KernelThread<Adder>>()
  while threads.count < 4 {
    let thread = try KernelThread("apus_adder", Adder(sums: sums.share(), way: way, rounds: rounds))
    try threads.append(thread, .kernel)
  }
  sums.value.start.completeAll()
  var left = threads.count
  while left > 0 {
    sums.value.end.wait()
    left &-= 1
  }
  violations = sums.value.violations.load(ordering: .relaxed)
  switch way {
  case .spin, .spinTry: return sums.value.spin.withLock { $0 }
  case .task, .taskTry: return sums.value.task.withLock { $0 }
  case .readWriteSpin: return sums.value.readWriteSpin.withReadLock { $0 }
  case .mutex, .mutexTry, .mutexInterruptible: return sums.value.mutex.withLock { $0 }
  case .readWrite, .readWriteTry: return sums.value.readWrite.withReadLock { $0 }
  default: return sums.value.perCPU.sum
  }
}

private func expectSum(_ way: Way, rounds: Int = 20_000, _ checks: inout Checks, line: Int = #line)
  throws(Errno)
{
  var violations = 0
  let sum = try sum(way, rounds: rounds, violations: &violations)
  if sum != rounds &* 4 { log(.info, "# the sum is \(sum) instead of \(rounds &* 4)") }
  checks.expect(sum == rounds &* 4, "no addition is lost", line: line)
  checks.expect(violations == 0, "no reader sees an unfinished change", line: line)
}

func testLocks(_ run: inout TestRun) {
  run.test("a spin lock with interrupts off admits one CPU at a time") { checks throws(Errno) in
    try expectSum(.spin, &checks)
    try expectSum(.spinTry, &checks)
  }
  run.test("a plain spin lock admits one CPU at a time") { checks throws(Errno) in
    try expectSum(.task, &checks)
    try expectSum(.taskTry, &checks)
  }
  run.test("an rwlock excludes writers from each other and from readers") {
    checks throws(Errno) in
    try expectSum(.readWriteSpin, &checks)
  }
  run.test("a mutex admits one task at a time") { checks throws(Errno) in
    try expectSum(.mutex, &checks)
    try expectSum(.mutexTry, &checks)
    try expectSum(.mutexInterruptible, &checks)
  }
  run.test("an rw_semaphore excludes writers from each other and from readers") {
    checks throws(Errno) in
    try expectSum(.readWrite, rounds: 8000, &checks)
    try expectSum(.readWriteTry, rounds: 8000, &checks)
  }
  run.test("a lock that is held is not available") { checks throws(Errno) in
    let spin = SpinLockIRQ(0)
    let mutex = try Mutex(0, .kernel)
    let readWrite = try RWSemaphore(0, .kernel)
    let spinInside = spin.withLock { _ in spin.withLockIfAvailable { _ in true } }
    checks.expect(spinInside == nil, "a spin lock that is held is not available")
    let mutexInside = mutex.withLock { _ in mutex.withLockIfAvailable { _ in true } }
    checks.expect(mutexInside == nil, "a mutex that is held is not available")
    let writeInside = readWrite.withReadLock { _ in readWrite.withWriteLockIfAvailable { _ in true }
    }
    checks.expect(
      writeInside == nil, "an rw_semaphore that is held for reading is not available for writing")
    let readInside = readWrite.withWriteLock { _ in readWrite.withReadLockIfAvailable { _ in true }
    }
    checks.expect(
      readInside == nil, "an rw_semaphore that is held for writing is not available for reading")
    let readBoth = readWrite.withReadLock { _ in readWrite.withReadLockIfAvailable { _ in true } }
    checks.expect(
      readBoth == true, "an rw_semaphore that is held for reading is available for reading")
    checks.expect(
      spin.withLockIfAvailable { _ in true } == true, "the spin lock is available after its release"
    )
    checks.expect(
      mutex.withLockIfAvailable { _ in true } == true, "the mutex is available after its release")
    checks.expect(
      readWrite.withWriteLockIfAvailable { _ in true } == true,
      "the rw_semaphore is available after its release")
  }
  // lockdep would report this test if two of the locks had the same class. The debug kernel checks
  // that.
  run.test("locks that are made at two places nest") {
    checks throws(Errno) in
    let outer = try Mutex(1, .kernel)
    let inner = try Mutex(2, .kernel)
    checks.expect(outer.withLock { a in inner.withLock { b in a &+ b } } == 3, "mutexes nest")
    let outerReadWrite = try RWSemaphore(1, .kernel)
    let innerReadWrite = try RWSemaphore(2, .kernel)
    let sum = outerReadWrite.withWriteLock { a in innerReadWrite.withWriteLock { b in a &+ b } }
    checks.expect(sum == 3, "rw_semaphores nest")
    let outerSpin = RWLockIRQ(1)
    let innerSpin = RWLockIRQ(2)
    checks.expect(
      outerSpin.withWriteLock { a in innerSpin.withWriteLock { b in a &+ b } } == 3,
      "rwlocks nest")
    // These classes have names, so locks that are made at one place can also be told apart.
    let parent = try named("a parent's")
    let child = try named("a child's")
    checks.expect(
      parent.withLock { a in child.withLock { b in a &+ b } } == 2,
      "mutexes with named classes nest")
  }
  run.test("a lock is released when its body throws") { checks throws(Errno) in
    let spin = SpinLockIRQ(0)
    let mutex = try Mutex(0, .kernel)
    let readWrite = try RWSemaphore(0, .kernel)
    checks.expect(.ioError, "withLock of a spin lock throws the body's error") { () throws(Errno) in
      try spin.withLock { (_) throws(Errno) -> Void in throw .ioError }
    }
    checks.expect(.ioError, "withLock of a mutex throws the body's error") { () throws(Errno) in
      try mutex.withLock { (_) throws(Errno) -> Void in throw .ioError }
    }
    checks.expect(.ioError, "withReadLock throws the body's error") { () throws(Errno) in
      try readWrite.withReadLock { (_) throws(Errno) -> Void in throw .ioError }
    }
    checks.expect(.ioError, "withWriteLock throws the body's error") { () throws(Errno) in
      try readWrite.withWriteLock { (_) throws(Errno) -> Void in throw .ioError }
    }
    checks.expect(spin.withLockIfAvailable { _ in true } == true, "the spin lock is released")
    checks.expect(mutex.withLockIfAvailable { _ in true } == true, "the mutex is released")
    checks.expect(
      readWrite.withWriteLockIfAvailable { _ in true } == true, "the rw_semaphore is released")
  }
  run.test("the value of a lock ends with the lock") { checks throws(Errno) in
    let ends = try Ends()
    do {
      let spin = SpinLockIRQ(Counted(1, ends))
      let mutex = try Mutex(Counted(2, ends), .kernel)
      let readWrite = try RWSemaphore(Counted(3, ends), .kernel)
      let number =
        spin.withLock { $0.number } &+ mutex.withLock { $0.number }
        &+ readWrite.withReadLock { $0.number }
      checks.expect(number == 6, "the locks have their values")
      mutex.withLock { $0 = Counted(4, ends) }
      checks.expect(ends.take() == 1, "the replaced value has ended")
    }
    checks.expect(ends.take() == 3, "each value has ended once")
  }
  run.test("a per-CPU counter loses no addition") { checks throws(Errno) in
    try expectSum(.perCPU, rounds: 5_000_000, &checks)
    let counter = try PerCPUCounter(5, .kernel)
    counter.add(-3)
    checks.expect(
      counter.sum == 2, "a per-CPU counter has its first value, and takes negative numbers")
    let distance = counter.approximate &- counter.sum
    checks.expect(distance > -1000 && distance < 1000, "the approximate value is near the sum")
  }
}

/// Makes mutexes at one place, whose classes differ.
private func named(_ name: LockClass) throws(Errno) -> Mutex<Int> {
  try Mutex(1, .kernel, class: name)
}

// --- RCU ---

/// A value that records its end in counters that it shares with the test.
private struct Generation: ~Copyable, Sendable {
  let number: Int
  let twice: Int
  let lastEnded: Ends

  init(_ number: Int, _ lastEnded: borrowing Ends) {
    self.number = number
    twice = number &* 2
    self.lastEnded = lastEnded.share()
  }

  deinit { lastEnded.value.store(number, ordering: .sequentiallyConsistent) }
}

private struct Generations: ~Copyable, Sendable {
  let box: RCUBox<Generation>
  let pair: RCUBox<Pair>
  let reads = Atomic<Int>(0)
  let violations = Atomic<Int>(0)
}

private struct Pair: BitwiseCopyable, Sendable {
  var one: Int
  var two: Int
}

@ThreadHandler
private struct Reader: ThreadHandler, ~Copyable {
  let generations: Shared<Generations>

  func run(_ thread: borrowing ThreadContext) {
    while !thread.shouldStop {
      read(generations.value)
      yieldToOthers()
    }
  }

  @inline(never)
  func read(_ generations: borrowing Generations) {
    let isSound = generations.box.withValue { value in
      let number = value.number
      spin(for: .microseconds(20))
      return value.number == number && value.twice == number &* 2
        && value.lastEnded.value.load(ordering: .sequentiallyConsistent) < number
    }
    var isPair = true
    var round = 0
    while round < 20 {
      isPair =
        generations.pair.withValue { pair in
          let one = pair.one
          spin(for: .microseconds(5))
          return pair.one == one && pair.two == one &* 2
        } && isPair
      round &+= 1
    }
    if !isSound || !isPair { generations.violations.wrappingAdd(1, ordering: .relaxed) }
    generations.reads.wrappingAdd(1, ordering: .relaxed)
  }
}

func testRCU(_ run: inout TestRun) {
  run.test("a replaced RCU value ends after its last reader") {
    checks throws(Errno) in
    let lastEnded = try Ends()
    let generations = try Shared(
      Generations(
        box: try RCUBox(Generation(1, lastEnded), .kernel),
        pair: try RCUBox(Pair(one: 1, two: 2), .kernel)),
      .kernel)
    let first = try KernelThread("apus_reader", Reader(generations: generations.share()))
    let second = try KernelThread("apus_reader", Reader(generations: generations.share()))
    var number = 2
    while number < 32 {
      let old = try generations.value.box.replace(with: Generation(number, lastEnded), .kernel)
      checks.expect(old.number == number &- 1, "the replaced value is returned")
      _ = consume old
      var pair = 0
      while pair < 100 {
        try generations.value.pair.replaceLater(with: Pair(one: pair, two: pair &* 2), .kernel)
        spin(for: .microseconds(3))
        pair &+= 1
      }
      number &+= 1
    }
    _ = consume first
    _ = consume second
    checks.expect(
      generations.value.reads.load(ordering: .relaxed) > 30, "the readers read more than 30 times")
    checks.expect(
      generations.value.violations.load(ordering: .relaxed) == 0,
      "no reader sees an ended or a mixed value")
    _ = consume generations
    checks.expect(lastEnded.take() == 31, "the last value ends with its box")
  }
  run.test("RCU scopes nest, and throw the body's error") { checks throws(Errno) in
    let box = try RCUBox(5, .kernel)
    let sum = RCU.read { box.withValue { outer in box.withValue { inner in outer &+ inner } } }
    checks.expect(sum == 10, "nested scopes read the value")
    checks.expect(.ioError, "withValue throws the body's error") { () throws(Errno) in
      try box.withValue { (_) throws(Errno) -> Void in throw .ioError }
    }
    RCU.synchronize()
  }
}
