// SPDX-License-Identifier: GPL-2.0-only
// apus_dm_hooks: targets that implement the hooks which no driver of Apus uses, and count the calls
// of each. Messages make the hooks refuse.

import DeviceMapper
import Kernel
import Synchronization

@KernelModule(
  author: "The Apus authors", description: "Test targets with every hook", version: "0.1.0",
  alias: "dm-apus-hooks")
struct HooksModule: KernelModule, ~Copyable {
  let requests: TargetRegistration<Requests>
  let hooks: TargetRegistration<Hooks>
  let again: TargetRegistration<Again>
  let bare: TargetRegistration<Bare>
  let retry: TargetRegistration<Retry>

  init() throws(Errno) {
    let first = try TargetRegistration<Requests>()
    let second = try TargetRegistration<Hooks>()
    let third = try TargetRegistration<Again>()
    let fourth = try TargetRegistration<Bare>()
    retry = try TargetRegistration()
    requests = first
    hooks = second
    again = third
    bare = fourth
  }

  @Command(
    "register", "Write 0: registers a type once more; or the number of a type that is not sound")
  mutating func registerAgain(_ text: borrowing CString) throws(Errno) {
    let number = try text.integer()
    if number == 0 { _ = try TargetRegistration<Hooks>() } else { try Unsound.register(number) }
  }
}

/// How often each hook was called.
struct Counts: ~Copyable, Sendable {
  let willSuspend = Atomic<Int>(0)
  let suspendCancelled = Atomic<Int>(0)
  let didSuspend = Atomic<Int>(0)
  let willResume = Atomic<Int>(0)
  let didResume = Atomic<Int>(0)
  let ended = Atomic<Int>(0)
  let dataEnded: Shared<Atomic<Int>>
}

/// `apus-hooks DEVICE`: bios go to the device, from its start.
@DeviceMapperTarget("apus-hooks", version: (9, 8, 7))
struct Hooks: Target, ~Copyable {
  /// Counts how often bios' data ended, however the bio ended.
  struct BioData: TargetBioData, ~Copyable {
    var count: Shared<Atomic<Int>>?
    var tries = 0

    init() { count = nil }

    deinit {
      if let count { count.value.wrappingAdd(1, ordering: .relaxed) }
    }
  }

  let resender: WorkItem<HooksResender>
  let counts: Counts
  let refusesToResume: Atomic<Bool>
  /// What `map` does: 0 remaps, 1 drops the bio, 2 kills it, 3 accepts one block at a time, 4 ends
  /// it without an error, 5 pushes it back, 6 tries to accept too many sectors and then 0, and
  /// remaps.
  let mode: Atomic<Int>
  /// What `ended` does: 0 nothing, 1 turns success into an error, 2 turns an error into success, 3
  /// takes the bio, and a work item sends it again, 4 takes it and drops it, 5 takes it and sends
  /// it again immediately.
  let endMode: Atomic<Int>
  /// What `mapDirectAccess` returns: 0 the right place, 1 none, 2 an error, 3 to 5 places beyond
  /// the end, 6 a place that does not begin at a page, 7 the last page of the device, for ranges of
  /// any length.
  let accessMode: Atomic<Int>
  let mapped: Atomic<Int>

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
    guard arguments.count == 1 else { throw .invalid("Invalid argument count") }
    let count = try explaining("Cannot allocate context") { () throws(Errno) in
      try Shared(Atomic<Int>(0), .kernel)
    }
    let device = try target.open(arguments, at: 0, "Device lookup failed")
    resender = try Hooks.make(device)
    counts = Counts(dataEnded: count)
    refusesToResume = Atomic(false)
    mode = Atomic(0)
    endMode = Atomic(0)
    accessMode = Atomic(0)
    mapped = Atomic(0)
    target.setFlushBios(1)
    target.setLimitsSwapBios(false)
  }

  static func make(_ device: consuming UnderlyingDevice) throws(TargetError) -> WorkItem<
    HooksResender
  > {
    do throws(Errno) {
      return try WorkItem(HooksResender(device), on: .system, .kernel)
    } catch {
      throw TargetError(error, "Cannot allocate context")
    }
  }

  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> {
    mapped.wrappingAdd(1, ordering: .relaxed)
    bio.data.count = counts.dataEnded.share()
    let sector = bio.targetSector
    switch mode.load(ordering: .relaxed) {
    case 1: return .taken
    case 2: return .kill(bio)
    case 3:
      do throws(Errno) {
        if bio.length.count > 8 { try target.acceptPartial(bio, Sector(8)) }
      } catch {
        bio.end(.timeout)
        return .taken
      }
    case 4:
      bio.end(.ok)
      return .taken
    case 5: return .requeue(bio)
    case 6:
      // `acceptPartial` must refuse 0 sectors, and more sectors than the bio has.
      do throws(Errno) {
        try target.acceptPartial(bio, Sector(bio.length.count &+ 1))
        return .kill(bio)
      } catch {
        do throws(Errno) {
          try target.acceptPartial(bio, Sector(0))
          return .kill(bio)
        } catch {
          break
        }
      }
    default: break
    }
    return .remapped(bio.remapped(to: resender.handler.device, at: sector))
  }

  func ended(
    _ bio: borrowing EndedBio<Self>, _ status: BlockStatus, in target: borrowing TargetContext
  ) -> EndResult {
    counts.ended.wrappingAdd(1, ordering: .relaxed)
    switch endMode.load(ordering: .relaxed) {
    case 1: return .done(.noSpace)
    case 2: return .done(.ok)
    case 3:
      let tries = bio.withData { data in
        data.tries &+= 1
        return data.tries
      }
      if let tries, tries < 3, let again = bio.take() {
        resender.handler.keep(again)
        resender.queue()
      }
      return .done(status)
    case 5:
      let tries = bio.withData { data in
        data.tries &+= 1
        return data.tries
      }
      if let tries, tries < 3, let again = bio.take() { resender.handler.send(again) }
      return .done(status)
    case 4:
      _ = bio.take()
      // The bio was taken, so it can neither be taken again nor be read.
      if bio.take() != nil || bio.byteCount != 0 { log(.error, "BUG: a bio was taken twice") }
      return .done(.ok)
    default: return .done(status)
    }
  }

  func willSuspend(in target: borrowing TargetContext) {
    counts.willSuspend.wrappingAdd(1, ordering: .relaxed)
  }
  func suspendCancelled(in target: borrowing TargetContext) {
    counts.suspendCancelled.wrappingAdd(1, ordering: .relaxed)
  }
  func didSuspend(in target: borrowing TargetContext) {
    counts.didSuspend.wrappingAdd(1, ordering: .relaxed)
  }
  func willResume(in target: borrowing TargetContext) throws(Errno) {
    counts.willResume.wrappingAdd(1, ordering: .relaxed)
    if refusesToResume.load(ordering: .relaxed) { throw .noSpaceLeft }
  }
  func didResume(in target: borrowing TargetContext) {
    counts.didResume.wrappingAdd(1, ordering: .relaxed)
  }

  func status(
    _ request: StatusRequest, to writer: inout TextWriter, in target: borrowing TargetContext
  ) {
    switch request.kind {
    case .information:
      writer.appendLine("presuspend", counts.willSuspend.load(ordering: .relaxed))
      writer.appendLine("presuspend_undo", counts.suspendCancelled.load(ordering: .relaxed))
      writer.appendLine("postsuspend", counts.didSuspend.load(ordering: .relaxed))
      writer.appendLine("preresume", counts.willResume.load(ordering: .relaxed))
      writer.appendLine("resume", counts.didResume.load(ordering: .relaxed))
      writer.appendLine("mapped", mapped.load(ordering: .relaxed))
      writer.appendLine("ended", counts.ended.load(ordering: .relaxed))
      writer.appendLine("data_ended", counts.dataEnded.value.load(ordering: .relaxed))
      writer.appendLine("noflush", request.isWithoutFlush ? 1 : 0)
      writer.appendLine("suspended", target.isSuspended ? 1 : 0)
      writer.appendLine("begin", target.begin.count)
      writer.appendLine("length", target.length.count)
      writer.appendLine("writable", target.isWritable ? 1 : 0)
    case .table: writer.append(resender.handler.device)
    default: writer.appendNameAndVersion(of: target)
    }
  }

  func message(
    _ arguments: inout Arguments, reply: inout TextWriter, in target: borrowing TargetContext
  ) throws(Errno) {
    if arguments.take("map"), let value = arguments.withNext({ word in word.decimal() }) ?? nil {
      mode.store(Int(truncatingIfNeeded: value), ordering: .relaxed)
    } else if arguments.take("end"),
      let value = arguments.withNext({ word in word.decimal() }) ?? nil
    {
      endMode.store(Int(truncatingIfNeeded: value), ordering: .relaxed)
    } else if arguments.take("dax"),
      let value = arguments.withNext({ word in word.decimal() }) ?? nil
    {
      accessMode.store(Int(truncatingIfNeeded: value), ordering: .relaxed)
    } else if arguments.take("refuse") {
      refusesToResume.store(true, ordering: .relaxed)
    } else if arguments.take("accept") {
      refusesToResume.store(false, ordering: .relaxed)
    } else if arguments.take("fail") {
      throw .overflow
    } else if arguments.take("event") {
      target.signalEvent()
    } else if arguments.take("thrice") {
      arguments.withNext { word in for _ in 0..<3 { reply.append(word) } }
    } else if arguments.take("long"),
      let value = arguments.withNext({ word in word.decimal() }) ?? nil
    {
      var left = value
      while left > 0 {
        reply.append(byte: UInt8(ascii: "x"))
        left &-= 1
      }
    } else {
      // Replies with each word, in order.
      while true {
        let isRead: Void? = arguments.withNext { word in
          reply.append("<")
          reply.append(word)
          reply.append(">")
        }
        if isRead == nil { break }
      }
    }
  }

  func prepareIoctl(_ route: borrowing IoctlRoute, in target: borrowing TargetContext) throws(Errno)
  {
    if refusesToResume.load(ordering: .relaxed) { throw .shutDown }
    if mode.load(ordering: .relaxed) != 2 { route.pass(to: resender.handler.device, isWhole: true) }
  }

  func visitDevices(_ visitor: borrowing DeviceVisitor, in target: borrowing TargetContext) {
    visitor.visit(resender.handler.device, from: Sector(0), length: target.length)
  }

  func mapDirectAccess(_ access: borrowing DirectAccess, in target: borrowing TargetContext)
    throws(Errno)
  {
    let sector = access.targetSector.count
    switch accessMode.load(ordering: .relaxed) {
    case 0: access.pass(to: resender.handler.device, at: access.targetSector)
    case 1: break
    case 2: throw .noSpaceLeft
    case 3: access.pass(to: resender.handler.device, at: resender.handler.device.capacity)
    case 4:
      access.pass(
        to: resender.handler.device, at: Sector(resender.handler.device.capacity.count &+ sector))
    case 5: access.pass(to: resender.handler.device, at: Sector(UInt64.max &- 7))
    case 6: access.pass(to: resender.handler.device, at: Sector(sector &+ 1))
    // The last page of the device.
    default:
      access.pass(
        to: resender.handler.device, at: Sector(resender.handler.device.capacity.count &- 8))
    }
  }

  func adjustLimits(_ limits: borrowing TargetLimits, in target: borrowing TargetContext) {
    do throws(Errno) {
      try limits.setBlockSizes(logical: 4096, physical: 8192)
      limits.setTransferSizes(smallest: 8192, best: 65536)
      try limits.setLargestTransfer(Sector(256))
    } catch {
      log(.error, "BUG: limits that can be are refused")
    }
    do throws(Errno) {
      try limits.setBlockSizes(logical: 1000, physical: 8192)
      log(.error, "BUG: limits that cannot be are taken")
    } catch {
      return
    }
  }
}

/// Sends bios to the device, also those that `ended` took back.
@WorkHandler
struct HooksResender: WorkHandler, ~Copyable {
  let device: UnderlyingDevice
  let kept = SpinLockIRQ(BioList<Hooks>())

  init(_ device: consuming UnderlyingDevice) { self.device = device }

  func keep(_ bio: consuming TargetBio<Hooks>) {
    var arrived: TargetBio<Hooks>? = consume bio
    kept.withLock { kept in if let bio = arrived.take() { kept.append(bio) } }
  }

  func send(_ bio: consuming TargetBio<Hooks>) {
    let sector = bio.targetSector
    bio.remapped(to: device, at: sector).submit()
  }

  func run(_ work: borrowing WorkContext) {
    while let bio = kept.withLock({ kept in kept.popFirst() }) { send(bio) }
  }
}

/// `apus-requests DEVICE`: requests go to the device, from its start.
@DeviceMapperTarget("apus-requests", version: (1, 0, 0), features: .immutable)
struct Requests: Target, ~Copyable {
  let device: UnderlyingDevice
  let mapped: Atomic<Int>
  let ended: Atomic<Int>
  let asked: Atomic<Int>
  let mode: Atomic<Int>

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
    guard arguments.count == 1 else { throw .invalid("Invalid argument count") }
    device = try target.open(arguments, at: 0, "Device lookup failed")
    mapped = Atomic(0)
    ended = Atomic(0)
    asked = Atomic(0)
    mode = Atomic(0)
    target.setFlushBios(1)
  }

  func mapRequest(_ request: borrowing MappedRequest, in target: borrowing TargetContext)
    -> MapRequestResult
  {
    let count = mapped.wrappingAdd(1, ordering: .relaxed).newValue
    if mode.load(ordering: .relaxed) == 1 { return .kill }
    if mode.load(ordering: .relaxed) == 2, count % 3 == 0 { return .requeueLater }
    do throws(Errno) {
      return .remapped(try request.clone(to: device))
    } catch {
      return .requeue
    }
  }

  func requestEnded(_ status: BlockStatus, in target: borrowing TargetContext) -> EndRequestResult {
    let count = ended.wrappingAdd(1, ordering: .relaxed).newValue
    return mode.load(ordering: .relaxed) == 3 && count % 4 == 0 ? .requeue : .done
  }

  func isBusy(in target: borrowing TargetContext) -> Bool {
    let count = asked.wrappingAdd(1, ordering: .relaxed).newValue
    return mode.load(ordering: .relaxed) == 4 && count % 3 != 0
  }

  func status(
    _ request: StatusRequest, to writer: inout TextWriter, in target: borrowing TargetContext
  ) {
    guard request.kind == .information else { return writer.append(device) }
    writer.appendLine("mapped", mapped.load(ordering: .relaxed))
    writer.appendLine("ended", ended.load(ordering: .relaxed))
    writer.appendLine("asked", asked.load(ordering: .relaxed))
  }

  func message(
    _ arguments: inout Arguments, reply: inout TextWriter, in target: borrowing TargetContext
  ) throws(Errno) {
    guard arguments.take("map"), let value = arguments.withNext({ word in word.decimal() }) ?? nil
    else {
      throw .invalidArgument
    }
    mode.store(Int(truncatingIfNeeded: value), ordering: .relaxed)
  }

  func visitDevices(_ visitor: borrowing DeviceVisitor, in target: borrowing TargetContext) {
    visitor.visit(device, from: Sector(0), length: target.length)
  }
}
