// SPDX-License-Identifier: GPL-2.0-only
// apus_delay: a target that sends bios on after a while: reads, writes and flushes each after their own, to their own device.

import DeviceMapper
import Kernel

@KernelModule(
  author: "The Apus authors", description: "A delaying target, in safe Swift", version: "0.1.0", alias: "dm-apus-delay")
struct DelayModule: KernelModule, ~Copyable {
  let registration: TargetRegistration<Delay>

  init() throws(Errno) { registration = try TargetRegistration() }
}

/// What a bio is delayed as.
struct Kind: Equatable, Sendable {
  let number: UInt8

  static var read: Kind { Kind(number: 0) }
  static var write: Kind { Kind(number: 1) }
  static var flush: Kind { Kind(number: 2) }
}

/// Where bios of a kind go, and after how many milliseconds.
struct Way: ~Copyable, Sendable {
  let device: UnderlyingDevice
  let start: Sector
  let delay: UInt32

  /// Three words from a place on: a device, a sector, a delay.
  init(_ target: borrowing NewTarget, _ arguments: borrowing Arguments, at place: Int) throws(TargetError) {
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

/// `apus-delay DEVICE START DELAY [DEVICE START DELAY [DEVICE START DELAY]]`: for reads, for writes, for flushes. What is not said
/// is as what was said last.
@DeviceMapperTarget("apus-delay", version: (1, 4, 0), features: .passesIntegrity)
struct Delay: Target, ~Copyable {
  struct BioData: TargetBioData {
    var kind = Kind.read
    var due = Instant(sinceBoot: .zero)
  }

  let releaser: WorkItem<Releaser>
  let words: Int

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
    let words = arguments.count
    guard words == 3 || words == 6 || words == 9 else { throw .invalid("Requires exactly 3, 6 or 9 arguments") }
    let read = try Way(target, arguments, at: 0)
    let write = try Way(target, arguments, at: words == 3 ? 0 : 3)
    let flush = try Way(target, arguments, at: words &- 3)
    releaser = try Delay.makeItem(Releaser(read: read, write: write, flush: flush))
    self.words = words
    target.setFlushBios(1)
    target.setDiscardBios(1)
    target.setAccountsRemappedIO()
  }

  static func makeItem(_ handler: consuming Releaser) throws(TargetError) -> WorkItem<Releaser> {
    do throws(Errno) {
      let queue = try WorkQueue("apus_delay", .memoryReclaim)
      return try WorkItem(handler, on: queue, .kernel)
    } catch {
      throw TargetError(error, "Cannot allocate context")
    }
  }

  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> {
    let kind: Kind = bio.isWrite ? bio.flags.contains(.preflush) ? .flush : .write : .read
    let delay = Nanoseconds.milliseconds(Int(releaser.handler.delay(of: kind)))
    let due = Instant.now + delay
    bio.data.kind = kind
    bio.data.due = due
    if delay == .zero { return .remapped(releaser.handler.remap(bio)) }

    var arrived: TargetBio<Self>? = consume bio
    let isFirst = releaser.handler.waiting.withLock { waiting in
      guard waiting.mayDelay, let bio = arrived.take() else { return false }
      waiting.add(bio)
      guard waiting.next.map({ due < $0 }) ?? true else { return false }
      waiting.next = due
      return true
    }
    if isFirst { releaser.reschedule(after: delay) }
    guard let bio = arrived.take() else { return .taken }
    return .remapped(releaser.handler.remap(bio))
  }

  /// Nothing waits while the device is suspended.
  func willSuspend(in target: borrowing TargetContext) {
    releaser.handler.waiting.withLock { waiting in waiting.mayDelay = false }
    _ = releaser.handler.release(all: true)
  }

  func didResume(in target: borrowing TargetContext) {
    releaser.handler.waiting.withLock { waiting in waiting.mayDelay = true }
  }

  func status(_ request: StatusRequest, to writer: inout TextWriter, in target: borrowing TargetContext) {
    switch request.kind {
    case .information:
      let (reads, writes, flushes) = releaser.handler.waiting.withLock { waiting in
        (waiting.reads, waiting.writes, waiting.flushes)
      }
      writer.append(reads)
      writer.append(" ")
      writer.append(writes)
      writer.append(" ")
      writer.append(flushes)
    case .table:
      releaser.handler.read.write(to: &writer)
      if words >= 6 {
        writer.append(" ")
        releaser.handler.write.write(to: &writer)
      }
      if words >= 9 {
        writer.append(" ")
        releaser.handler.flush.write(to: &writer)
      }
    default: break
    }
  }

  func visitDevices(_ visitor: borrowing DeviceVisitor, in target: borrowing TargetContext) {
    visitor.visit(releaser.handler.read.device, from: releaser.handler.read.start, length: target.length)
    visitor.visit(releaser.handler.write.device, from: releaser.handler.write.start, length: target.length)
    visitor.visit(releaser.handler.flush.device, from: releaser.handler.flush.start, length: target.length)
  }
}

/// The bios that wait.
struct Waiting: ~Copyable {
  var bios = BioList<Delay>()
  var mayDelay = true
  var reads = 0
  var writes = 0
  var flushes = 0
  /// When the releaser runs next.
  var next: Instant?

  mutating func add(_ bio: consuming TargetBio<Delay>) {
    count(bio.data.kind, 1)
    bios.append(bio)
  }

  mutating func count(_ kind: Kind, _ change: Int) {
    switch kind {
    case .read: reads &+= change
    case .write: writes &+= change
    default: flushes &+= change
    }
  }

  /// Moves those that are due, or all, behind others, and finds out when the next one is.
  mutating func take(into released: inout BioList<Delay>, by now: Instant, all: Bool) {
    while let bio = bios.removeFirst(where: { bio in all || bio.data.due < now || bio.data.due == now }) {
      count(bio.data.kind, -1)
      released.append(bio)
    }
    var first: Instant?
    bios.forEach { bio in
      let due = bio.data.due
      if first.map({ due < $0 }) ?? true { first = due }
    }
    next = first
  }
}

/// Sends bios on when their time has come.
@WorkHandler
struct Releaser: WorkHandler, ~Copyable {
  let read: Way
  let write: Way
  let flush: Way
  let waiting = SpinLock(Waiting())

  init(read: consuming Way, write: consuming Way, flush: consuming Way) {
    self.read = read
    self.write = write
    self.flush = flush
  }

  func run(_ work: borrowing WorkContext) {
    if let next = release(all: false) { work.requeue(after: next - .now) }
  }

  /// Sends on what is due, or all, and says when there is more to do.
  func release(all: Bool) -> Instant? {
    var released = BioList<Delay>()
    let next = waiting.withLock { waiting in
      waiting.take(into: &released, by: .now, all: all)
      return waiting.next
    }
    while let bio = released.popFirst() { remap(bio).submit() }
    return next
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
