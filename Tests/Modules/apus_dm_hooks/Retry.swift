// SPDX-License-Identifier: GPL-2.0-only
// apus_dm_hooks: a target that takes bios back, keeps them in a value of its own (not in a
// `BioList`), and sends them to another device.

import DeviceMapper
import Kernel
import Synchronization

/// `apus-retry DEVICE OTHER`: a bio goes to the first device. Then, unless a bio is waiting, it is
/// taken back and goes to the other one.
@DeviceMapperTarget("apus-retry", version: (1, 0, 0))
struct Retry: Target, ~Copyable {
  struct BioData: TargetBioData { var isSecond = false }

  let sender: WorkItem<RetrySender>

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
    guard arguments.count == 2 else { throw .invalid("Invalid argument count") }
    let first = try target.open(arguments, at: 0, "Device lookup failed")
    let second = try target.open(arguments, at: 1, "Device lookup failed")
    sender = try Retry.make(first, second)
    target.setFlushBios(1)
  }

  static func make(
    _ first: consuming UnderlyingDevice, _ second: consuming UnderlyingDevice
  ) throws(TargetError) -> WorkItem<RetrySender> {
    do throws(Errno) {
      return try WorkItem(RetrySender(first, second), on: .system, .kernel)
    } catch {
      throw TargetError(error, "Cannot allocate context")
    }
  }

  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> {
    let sector = bio.targetSector
    return .remapped(bio.remapped(to: sender.handler.first, at: sector))
  }

  func ended(
    _ bio: borrowing EndedBio<Self>, _ status: BlockStatus, in target: borrowing TargetContext
  ) -> EndResult {
    let isFirst = bio.withData { data in
      defer { data.isSecond = true }
      return !data.isSecond
    }
    guard isFirst == true, !sender.handler.isClaimed.exchange(true, ordering: .acquiring) else {
      return .done(status)
    }
    guard let taken = bio.take() else {
      sender.handler.isClaimed.store(false, ordering: .releasing)
      return .done(status)
    }
    sender.handler.keep(taken)
    sender.queue()
    return .done(status)
  }

  func status(
    _ request: StatusRequest, to writer: inout TextWriter, in target: borrowing TargetContext
  ) {
    writer.appendLine("sent", sender.handler.sent.load(ordering: .relaxed))
  }

  func visitDevices(_ visitor: borrowing DeviceVisitor, in target: borrowing TargetContext) {
    visitor.visit(sender.handler.first, from: Sector(0), length: target.length)
    visitor.visit(sender.handler.second, from: Sector(0), length: target.length)
  }
}

/// Sends the bio that waits.
@WorkHandler
struct RetrySender: WorkHandler, ~Copyable {
  let first: UnderlyingDevice
  let second: UnderlyingDevice
  let isClaimed = Atomic<Bool>(false)
  let sent = Atomic<Int>(0)
  let kept = SpinLockIRQ<TargetBio<Retry>?>(nil)

  init(_ first: consuming UnderlyingDevice, _ second: consuming UnderlyingDevice) {
    self.first = first
    self.second = second
  }

  func keep(_ bio: consuming TargetBio<Retry>) {
    var arrived: TargetBio<Retry>? = consume bio
    kept.withLock { kept in kept = arrived.take() }
  }

  func run(_ work: borrowing WorkContext) {
    guard let bio = kept.withLock({ kept in kept.take() }) else { return }
    let sector = bio.targetSector
    sent.wrappingAdd(1, ordering: .relaxed)
    bio.remapped(to: second, at: sector).submit()
    isClaimed.store(false, ordering: .releasing)
  }
}
