// SPDX-License-Identifier: GPL-2.0-only
// apus_dm_hooks: a target that takes its bios back and sends them again a number of times, from
// `ended` or from a work item.

import DeviceMapper
import Kernel
import Synchronization

/// `apus-again DEVICE [OTHER]`: `map` sends bios to the first device. Bios that are sent again go
/// to the two devices alternately.
@DeviceMapperTarget(
  "apus-again", version: (1, 0, 0), features: .passesIntegrity | .passesEncryption | .zoned)
struct Again: Target, ~Copyable {
  struct BioData: TargetBioData {
    var tries = 0
    /// What `map` saw, for comparison with the bio that `ended` takes back.
    var operation = Operation.read
    var flags = OperationFlags.none
    var sector = Sector(0)
    var length = Sector(0)
  }

  let resender: WorkItem<Resender>
  let taken = Atomic<Int>(0)
  let refused = Atomic<Int>(0)
  let changed = Atomic<Int>(0)
  /// How often each bio is sent, whether the work item sends it, and how many sectors of a bio
  /// `map` accepts (0: all).
  let times = Atomic<Int>(1)
  let isLater = Atomic<Bool>(false)
  let accepted = Atomic<Int>(0)
  /// How many sectors `map` adds to the sector on the device, and whether `ended` pushes bios back.
  let shift = Atomic<Int>(0)
  let isPushedBack = Atomic<Bool>(false)

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
    guard arguments.count == 1 || arguments.count == 2 else {
      throw .invalid("Invalid argument count")
    }
    let first = try target.open(arguments, at: 0, "Device lookup failed")
    let second = try target.open(arguments, at: arguments.count &- 1, "Device lookup failed")
    resender = try Again.make(first, second)
    target.setFlushBios(1)
    target.setDiscardBios(1)
  }

  static func make(
    _ first: consuming UnderlyingDevice, _ second: consuming UnderlyingDevice
  ) throws(TargetError) -> WorkItem<Resender> {
    do throws(Errno) {
      return try WorkItem(Resender(first, second), on: .system, .kernel)
    } catch {
      throw TargetError(error, "Cannot allocate context")
    }
  }

  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> {
    let sector = Sector(
      bio.targetSector.count &+ UInt64(truncatingIfNeeded: shift.load(ordering: .relaxed)))
    if accepted.load(ordering: .relaxed) > 0,
      bio.length.count > UInt64(truncatingIfNeeded: accepted.load(ordering: .relaxed))
    {
      do throws(Errno) {
        try target.acceptPartial(
          bio, Sector(UInt64(truncatingIfNeeded: accepted.load(ordering: .relaxed))))
      } catch {
        return .kill(bio)
      }
    }
    bio.data.operation = bio.operation
    bio.data.flags = bio.flags
    bio.data.sector = bio.sector
    bio.data.length = bio.length
    return .remapped(bio.remapped(to: resender.handler.first, at: sector))
  }

  func ended(
    _ bio: borrowing EndedBio<Self>, _ status: BlockStatus, in target: borrowing TargetContext
  ) -> EndResult {
    if isPushedBack.load(ordering: .relaxed) { return .requeue }
    let tries = bio.withData { data in
      data.tries &+= 1
      return data.tries
    }
    guard let tries, tries < times.load(ordering: .relaxed) else { return .done(status) }
    guard let again = bio.take() else {
      refused.wrappingAdd(1, ordering: .relaxed)
      return .done(status)
    }
    taken.wrappingAdd(1, ordering: .relaxed)
    if again.operation != again.data.operation || again.flags != again.data.flags
      || again.sector != again.data.sector
      || again.length != again.data.length
    {
      changed.wrappingAdd(1, ordering: .relaxed)
    }
    if isLater.load(ordering: .relaxed) {
      resender.handler.keep(again)
      resender.queue()
    } else {
      resender.handler.send(again)
    }
    return .done(status)
  }

  func status(
    _ request: StatusRequest, to writer: inout TextWriter, in target: borrowing TargetContext
  ) {
    writer.appendLine("taken", taken.load(ordering: .relaxed))
    writer.appendLine("refused", refused.load(ordering: .relaxed))
    writer.appendLine("changed", changed.load(ordering: .relaxed))
  }

  func message(
    _ arguments: inout Arguments, reply: inout TextWriter, in target: borrowing TargetContext
  ) throws(Errno) {
    let word = arguments.count &- arguments.remaining
    arguments.skip()
    guard let value = arguments.withNext({ word in word.decimal() }) ?? nil else {
      throw .invalidArgument
    }
    let number = Int(truncatingIfNeeded: value)
    if arguments.isWord("times", at: word) {
      times.store(number, ordering: .relaxed)
    } else if arguments.isWord("accept", at: word) {
      accepted.store(number, ordering: .relaxed)
    } else if arguments.isWord("shift", at: word) {
      shift.store(number, ordering: .relaxed)
    } else if arguments.isWord("back", at: word) {
      isPushedBack.store(number > 0, ordering: .relaxed)
    } else if arguments.isWord("later", at: word) {
      isLater.store(number > 0, ordering: .relaxed)
    } else {
      throw .invalidArgument
    }
  }

  func reportZones(_ report: borrowing ZoneReport, in target: borrowing TargetContext) throws(Errno)
  {
    try report.forward(
      to: resender.handler.first, start: Sector(0),
      from: Sector(report.next.count &- target.begin.count))
  }

  func visitDevices(_ visitor: borrowing DeviceVisitor, in target: borrowing TargetContext) {
    visitor.visit(resender.handler.first, from: Sector(0), length: target.length)
    visitor.visit(resender.handler.second, from: Sector(0), length: target.length)
  }
}

/// Sends bios again in process context, where it may sleep.
@WorkHandler
struct Resender: WorkHandler, ~Copyable {
  let first: UnderlyingDevice
  let second: UnderlyingDevice
  let kept = SpinLockIRQ(BioList<Again>())

  init(_ first: consuming UnderlyingDevice, _ second: consuming UnderlyingDevice) {
    self.first = first
    self.second = second
  }

  func keep(_ bio: consuming TargetBio<Again>) {
    var arrived: TargetBio<Again>? = consume bio
    kept.withLock { kept in if let bio = arrived.take() { kept.append(bio) } }
  }

  func send(_ bio: consuming TargetBio<Again>) {
    let sector = bio.targetSector
    if bio.data.tries % 2 == 1 {
      bio.remapped(to: second, at: sector).submit()
    } else {
      bio.remapped(to: first, at: sector).submit()
    }
  }

  func run(_ work: borrowing WorkContext) {
    while let bio = kept.withLock({ kept in kept.popFirst() }) { send(bio) }
  }
}
