// SPDX-License-Identifier: GPL-2.0-only
// apus_delay: a target that delays bios. Reads, writes and flushes each have a delay and a device
// of their own.

import DeviceMapper
import Kernel

@KernelModule(
  author: "The Apus authors", description: "A delaying target, in safe Swift", version: "0.1.0",
  alias: "dm-apus-delay")
struct DelayModule: KernelModule, ~Copyable {
  let registration: TargetRegistration<Delay>

  init() throws(Errno) { registration = try TargetRegistration() }
}

/// The kind of delay that applies to a bio.
struct Kind: Equatable, Sendable {
  let number: UInt8

  static var read: Kind { Kind(number: 0) }
  static var write: Kind { Kind(number: 1) }
  static var flush: Kind { Kind(number: 2) }
}

/// The device and the start sector for bios of one kind, and their delay in milliseconds.
struct Way: ~Copyable, Sendable {
  let device: UnderlyingDevice
  let start: Sector
  let delay: UInt32

  /// Parses three words from index `place` on: a device, a sector, a delay.
  init(_ target: borrowing NewTarget, _ arguments: borrowing Arguments, at place: Int)
    throws(TargetError)
  {
    let start = try arguments.sector(at: place &+ 1, "Invalid device sector")
    let delay = try arguments.number(at: place &+ 2, through: UInt64(UInt32.max), "Invalid delay")
    device = try target.open(arguments, at: place, "Device lookup failed")
    self.start = start
    self.delay = UInt32(truncatingIfNeeded: delay)
  }

  func write(to writer: inout TextWriter) {
    writer.append(device)
    writer.append(" ")
    writer.append(start)
    writer.append(" ")
    writer.append(delay)
  }

  func remap(_ bio: consuming TargetBio<Delay>) -> RemappedBio<Delay> {
    let sector = Sector(start.count &+ bio.targetSector.count)
    return bio.remapped(to: device, at: sector)
  }
}

/// `apus-delay DEVICE START DELAY [DEVICE START DELAY [DEVICE START DELAY]]`: for reads, for
/// writes, for flushes. A kind that is not given uses the last group given.
@DeviceMapperTarget("apus-delay", version: (1, 4, 0), features: .passesIntegrity)
struct Delay: Target, ~Copyable {
  struct BioData: TargetBioData {
    var kind = Kind.read
    var due = Instant(sinceBoot: .zero)
  }

  let thread: KernelThread<Releaser>
  let words: Int

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
    let words = arguments.count
    guard words == 3 || words == 6 || words == 9 else {
      throw .invalid("Requires exactly 3, 6 or 9 arguments")
    }
    let read = try Way(target, arguments, at: 0)
    let write = try Way(target, arguments, at: words == 3 ? 0 : 3)
    let flush = try Way(target, arguments, at: words &- 3)
    thread = try Delay.start(read, write, flush)
    self.words = words
    target.setFlushBios(1)
    target.setDiscardBios(1)
    target.setAccountsRemappedIO()
  }

  /// Starts the thread that submits the delayed bios.
  static func start(
    _ read: consuming Way, _ write: consuming Way, _ flush: consuming Way
  ) throws(TargetError) -> KernelThread<Releaser> {
    do throws(Errno) {
      return try KernelThread("apus-delay", Releaser(read: read, write: write, flush: flush))
    } catch {
      throw TargetError(error, "Cannot allocate context")
    }
  }

  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> {
    let kind: Kind = bio.isWrite ? bio.flags.contains(.preflush) ? .flush : .write : .read
    bio.data.kind = kind
    switch thread.handler.delay(bio, as: kind) {
    case .some(let bio): return .remapped(thread.handler.remap(bio))
    case .none: return .taken
    }
  }

  /// Submits all delayed bios: no bio waits while the device is suspended.
  func willSuspend(in target: borrowing TargetContext) {
    thread.handler.waiting.withLock { waiting in waiting.mayDelay = false }
    thread.handler.release(all: true)
  }

  func didResume(in target: borrowing TargetContext) {
    thread.handler.waiting.withLock { waiting in waiting.mayDelay = true }
  }

  func status(
    _ request: StatusRequest, to writer: inout TextWriter, in target: borrowing TargetContext
  ) {
    switch request.kind {
    case .information:
      let (reads, writes, flushes) = thread.handler.waiting.withLock { waiting in
        (waiting.reads.count, waiting.writes.count, waiting.flushes.count)
      }
      writer.append(reads)
      writer.append(" ")
      writer.append(writes)
      writer.append(" ")
      writer.append(flushes)
    case .table:
      thread.handler.read.write(to: &writer)
      if words >= 6 {
        writer.append(" ")
        thread.handler.write.write(to: &writer)
      }
      if words >= 9 {
        writer.append(" ")
        thread.handler.flush.write(to: &writer)
      }
    default: break
    }
  }

  func visitDevices(_ visitor: borrowing DeviceVisitor, in target: borrowing TargetContext) {
    visitor.visit(
      thread.handler.read.device, from: thread.handler.read.start, length: target.length)
    visitor.visit(
      thread.handler.write.device, from: thread.handler.write.start, length: target.length)
    visitor.visit(
      thread.handler.flush.device, from: thread.handler.flush.start, length: target.length)
  }
}

/// The bios that wait. The list of each kind is in the order of due times, since all bios of a kind
/// have the same delay.
struct Waiting: ~Copyable {
  var reads = BioList<Delay>()
  var writes = BioList<Delay>()
  var flushes = BioList<Delay>()
  var mayDelay = true

  mutating func add(_ bio: consuming TargetBio<Delay>) {
    switch bio.data.kind {
    case .read: reads.append(bio)
    case .write: writes.append(bio)
    default: flushes.append(bio)
    }
  }

  /// Takes a bio that is due, or any bio if `all` is true. Returns nil if there is none.
  mutating func popDue(by now: Instant, all: Bool) -> TargetBio<Delay>? {
    if Self.isDue(reads, by: now, all: all) { return reads.popFirst() }
    if Self.isDue(writes, by: now, all: all) { return writes.popFirst() }
    if Self.isDue(flushes, by: now, all: all) { return flushes.popFirst() }
    return nil
  }

  private static func isDue(_ list: borrowing BioList<Delay>, by now: Instant, all: Bool) -> Bool {
    list.withFirst { bio in all || !(now < bio.data.due) } ?? false
  }

  /// The earliest due time.
  var next: Instant? {
    var next = reads.withFirst { bio in bio.data.due }
    if let due = writes.withFirst({ bio in bio.data.due }), next.map({ due < $0 }) ?? true {
      next = due
    }
    if let due = flushes.withFirst({ bio in bio.data.due }), next.map({ due < $0 }) ?? true {
      next = due
    }
    return next
  }
}

/// Wakes the thread when the first bio is due.
@TimerHandler
struct Alarm: TimerHandler, ~Copyable {
  let wake: Shared<WaitQueue>

  func expired(_ timer: borrowing TimerContext) -> TimerAction {
    wake.value.wakeOne()
    return .stop
  }
}

/// Submits bios when they are due.
@ThreadHandler
struct Releaser: ThreadHandler, ~Copyable {
  let read: Way
  let write: Way
  let flush: Way
  let waiting = SpinLockIRQ(Waiting())
  let wake: Shared<WaitQueue>
  let alarm: Timer<Alarm>

  init(read: consuming Way, write: consuming Way, flush: consuming Way) throws(Errno) {
    let wake = try Shared(WaitQueue(.kernel), .kernel)
    alarm = try Timer(Alarm(wake: wake.share()), .kernel)
    self.wake = wake
    self.read = read
    self.write = write
    self.flush = flush
  }

  func run(_ thread: borrowing ThreadContext) {
    while thread.wait(on: wake.value, until: { isDue }) { release(all: false) }
  }

  /// Whether a bio is due.
  var isDue: Bool {
    waiting.withLock { waiting in
      guard let next = waiting.next else { return false }
      return !(Instant.now < next)
    }
  }

  /// Keeps a bio until it is due, or returns it if it is not to be delayed.
  func delay(_ bio: consuming TargetBio<Delay>, as kind: Kind) -> TargetBio<Delay>? {
    let time = Nanoseconds.milliseconds(Int(delay(of: kind)))
    if time == .zero { return bio }
    var arrived: TargetBio<Delay>? = consume bio
    waiting.withLock { waiting in
      guard waiting.mayDelay, var bio = arrived.take() else { return }
      // The lock keeps each kind's bios in order, and the timer set for the first of them.
      let due = Instant.now + time
      bio.data.due = due
      if waiting.next.map({ due < $0 }) ?? true { alarm.start(at: due) }
      waiting.add(bio)
    }
    return arrived.take()
  }

  /// Submits the bios that are due, or all bios.
  func release(all: Bool) {
    var released = BioList<Delay>()
    waiting.withLock { waiting in
      let now = Instant.now
      while let bio = waiting.popDue(by: now, all: all) { released.append(bio) }
      if let next = waiting.next { alarm.start(at: next) }
    }
    while let bio = released.popFirst() { remap(bio).submit() }
  }

  func delay(of kind: Kind) -> UInt32 {
    switch kind {
    case .read: read.delay
    case .write: write.delay
    default: flush.delay
    }
  }

  func remap(_ bio: consuming TargetBio<Delay>) -> RemappedBio<Delay> {
    switch bio.data.kind {
    case .read: return read.remap(bio)
    case .write: return write.remap(bio)
    default: return flush.remap(bio)
    }
  }
}
