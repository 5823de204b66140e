// SPDX-License-Identifier: GPL-2.0-only
// apus_dm_copies: a target that keeps the same data on several devices, with dm-io and kcopyd, as
// the basis of a mirror, a log or a cache. Messages make it copy, and read and write data of its
// own.

import DeviceMapper
import Kernel
import Synchronization

@KernelModule(
  author: "The Apus authors", description: "A test target with dm-io and kcopyd", version: "0.1.0",
  alias: "dm-apus-copies")
struct CopiesModule: KernelModule, ~Copyable {
  let registration: TargetRegistration<Copies>

  init() throws(Errno) { registration = try TargetRegistration() }
}

/// `apus-copies DEVICE…`: 1 to 9 devices, each with all of the data.
@DeviceMapperTarget("apus-copies", version: (1, 0, 0))
struct Copies: Target, ~Copyable {
  /// Counts how often bios' data ended, and has the index of the device that was read last.
  struct BioData: TargetBioData, ~Copyable {
    var count: Shared<Atomic<Int>>?
    var leg = 0

    init() { count = nil }

    deinit {
      if let count { count.value.wrappingAdd(1, ordering: .relaxed) }
    }
  }

  let worker: WorkItem<Worker>
  let dataEnded: Shared<Atomic<Int>>
  let mapped: Atomic<Int>
  /// Whether `map` tries what only the worker may do.
  let isRash: Atomic<Bool>

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
    guard arguments.count >= 1, arguments.count <= 9 else {
      throw .invalid("Invalid argument count")
    }
    let legs = try Copies.open(target, &arguments)
    let dataEnded = try Copies.making { () throws(Errno) in try Shared(Atomic<Int>(0), .kernel) }
    worker = try Copies.makeItem(legs)
    self.dataEnded = dataEnded
    mapped = Atomic(0)
    isRash = Atomic(false)
    target.setFlushBios(1)
    target.setDiscardBios(1)
    target.setWriteZeroesBios(1)
  }

  static func making<Value: ~Copyable>(_ body: () throws(Errno) -> Value) throws(TargetError)
    -> Value
  {
    try explaining("Cannot allocate context", body)
  }

  static func open(
    _ target: borrowing NewTarget, _ arguments: inout Arguments
  ) throws(TargetError) -> RigidArray<UnderlyingDevice> {
    let count = arguments.count
    var legs = try making { () throws(Errno) in
      try RigidArray<UnderlyingDevice>(capacity: count, .kernel)
    }
    while arguments.remaining > 0 {
      let device = try target.openNext(&arguments, "Device lookup failed")
      do throws(Errno) { try legs.append(device) } catch {
        throw TargetError(error, "Cannot allocate context")
      }
    }
    return legs
  }

  static func makeItem(_ legs: consuming RigidArray<UnderlyingDevice>) throws(TargetError)
    -> WorkItem<Worker>
  {
    do throws(Errno) {
      let queue = try WorkQueue("apus_copies", .memoryReclaim)
      return try WorkItem(Worker(legs), on: queue, .kernel)
    } catch {
      throw TargetError(error, "Cannot allocate context")
    }
  }

  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> {
    mapped.wrappingAdd(1, ordering: .relaxed)
    bio.data.count = dataEnded.share()
    if isRash.load(ordering: .relaxed) {
      worker.handler.send(bio)
    } else {
      worker.handler.keep(bio)
      worker.queue()
    }
    return .taken
  }

  func regionsEnded(
    _ bio: consuming TargetBio<Self>, _ errors: RegionErrors, in target: borrowing TargetContext
  ) {
    if worker.handler.judge(bio, errors) { worker.queue() }
  }

  func status(
    _ request: StatusRequest, to writer: inout TextWriter, in target: borrowing TargetContext
  ) {
    switch request.kind {
    case .information:
      writer.appendLine("mapped", mapped.load(ordering: .relaxed))
      writer.appendLine("data_ended", dataEnded.value.load(ordering: .relaxed))
      worker.handler.report(to: &writer)
    case .table:
      var isFirst = true
      worker.handler.legs.forEach { device in
        if !isFirst { writer.append(" ") }
        isFirst = false
        writer.append(device)
      }
    default: writer.appendNameAndVersion(of: target)
    }
  }

  func visitDevices(_ visitor: borrowing DeviceVisitor, in target: borrowing TargetContext) {
    worker.handler.legs.forEach { device in
      visitor.visit(device, from: Sector(0), length: target.length)
    }
  }

  func message(
    _ arguments: inout Arguments, reply: inout TextWriter, in target: borrowing TargetContext
  ) throws(Errno) {
    if arguments.take("rash") {
      isRash.store(true, ordering: .relaxed)
    } else if arguments.take("careful") {
      isRash.store(false, ordering: .relaxed)
    } else {
      try worker.handler.carryOut(&arguments, &reply)
    }
  }
}

/// Reads a number from a message.
private func number(_ arguments: inout Arguments) throws(Errno) -> Int {
  guard let value = arguments.withNext({ word in word.decimal() }) ?? nil, value <= UInt64(Int.max)
  else {
    throw .invalidArgument
  }
  return Int(truncatingIfNeeded: value)
}

/// Reads a sector or a length from a message.
private func sector(_ arguments: inout Arguments) throws(Errno) -> Sector {
  guard let value = arguments.withNext({ word in word.decimal() }) ?? nil else {
    throw .invalidArgument
  }
  return Sector(value)
}

/// The results of copies.
struct Results: ~Copyable, Sendable {
  let count = Atomic<Int>(0)
  let last = SpinLockIRQ(CopyResult.success)
  let finished: Completion

  init() throws(Errno) { finished = try Completion(.kernel) }
}

/// Stores the result of a copy, and completes the wait if the caller waits.
@CopyHandler
struct Done: CopyHandler, ~Copyable {
  let results: Shared<Results>
  let isAwaited: Bool

  consuming func ended(_ result: CopyResult) {
    results.value.count.wrappingAdd(1, ordering: .relaxed)
    guard isAwaited else { return }
    results.value.last.withLock { last in last = result }
    results.value.finished.complete()
  }
}

/// Submits bios to all devices, in process context, where it may sleep.
@WorkHandler
struct Worker: WorkHandler, ~Copyable {
  let legs: RigidArray<UnderlyingDevice>
  let client: IOClient
  let throttle: CopyThrottle
  // The prepared call must end before its client, so it is declared before `copier`.
  let kept: Mutex<PreparedCopyCall<Done>?>
  let copier: CopyClient
  let results: Shared<Results>
  let waiting = SpinLockIRQ(BioList<Copies>())
  let ended = Atomic<Int>(0)
  let failed = Atomic<Int>(0)
  let refused = Atomic<Int>(0)

  init(_ legs: consuming RigidArray<UnderlyingDevice>) throws(Errno) {
    let client = try IOClient()
    let throttle = try CopyThrottle()
    let copier = try CopyClient(throttle: throttle)
    let kept = try Mutex<PreparedCopyCall<Done>?>(nil, .kernel)
    let results = try Shared(Results(), .kernel)
    self.legs = legs
    self.client = client
    self.throttle = throttle
    self.copier = copier
    self.kept = kept
    self.results = results
  }

  func report(to writer: inout TextWriter) {
    writer.appendLine("ended", ended.load(ordering: .relaxed))
    writer.appendLine("failed", failed.load(ordering: .relaxed))
    writer.appendLine("refused", refused.load(ordering: .relaxed))
    writer.appendLine("copies", results.value.count.load(ordering: .relaxed))
    writer.appendLine("throttle", throttle.percent)
  }

  func keep(_ bio: consuming TargetBio<Copies>) {
    var arrived: TargetBio<Copies>? = consume bio
    waiting.withLock { waiting in
      if let bio = arrived.take() { waiting.append(bio) }
    }
  }

  /// Decides what to do with a bio after all of its I/O has ended. Returns whether the bio was
  /// queued again.
  func judge(_ bio: consuming TargetBio<Copies>, _ errors: RegionErrors) -> Bool {
    ended.wrappingAdd(1, ordering: .relaxed)
    if errors.isEmpty {
      bio.end(.ok)
      return false
    }
    failed.wrappingAdd(1, ordering: .relaxed)
    if bio.operation == .read {
      bio.data.leg &+= 1
      if bio.data.leg < legs.count {
        keep(bio)
        return true
      }
    } else {
      // A write succeeds if one device has the data.
      var index = 0
      while index < legs.count {
        if !errors.contains(index) {
          bio.end(.ok)
          return false
        }
        index &+= 1
      }
    }
    bio.end(.ioError)
    return false
  }

  func run(_ work: borrowing WorkContext) {
    while let bio = waiting.withLock({ waiting in waiting.popFirst() }) { send(bio) }
  }

  func send(_ bio: consuming TargetBio<Copies>) {
    do throws(Errno) {
      let sector = bio.targetSector
      if bio.operation == .read {
        var region = Regions()
        try append(to: &region, leg: bio.data.leg, at: sector)
        try client.submit(bio, to: region)
      } else {
        try client.submit(bio, to: regions(at: sector))
      }
    } catch {
      refused.wrappingAdd(1, ordering: .relaxed)
    }
  }

  @_lifetime(regions: copy regions)
  func append(to regions: inout Regions, leg: Int, at sector: Sector) throws(Errno) {
    let place: Void? = try legs.withElement(at: leg) { (device) throws(Errno) in
      try regions.append(device, at: sector)
    }
    if place == nil { throw .invalidArgument }
  }

  /// Returns the same sector on all devices but one, or sectors that are `step` apart from device
  /// to device.
  @_lifetime(immortal)
  func regions(at sector: Sector, without left: Int = -1, apart step: UInt64 = 0) throws(Errno)
    -> Regions
  {
    var regions = Regions()
    var index = 0
    while index < legs.count {
      let place = Sector(sector.count &+ step &* UInt64(truncatingIfNeeded: index))
      if index != left { try append(to: &regions, leg: index, at: place) }
      index &+= 1
    }
    return regions
  }

  /// `copy LEG SECTOR LENGTH SECTOR [order] [ignore]`, `start …` (does not wait),
  /// `zero SECTOR LENGTH`, `call`, `drop`, `keep`, `move LEG SECTOR SECTOR BYTES`, `vmove …`,
  /// `spread …` (1000 sectors apart), `flush`, `discard SECTOR LENGTH`, `zeroes SECTOR LENGTH`,
  /// `throttle PERCENT`, `thread`.
  func carryOut(_ arguments: inout Arguments, _ reply: inout TextWriter) throws(Errno) {
    if arguments.take("throttle") { return throttle.set(percent: try number(&arguments)) }
    if arguments.take("thread") { return copier.flush() }
    if arguments.take("keep") { return try keepCall() }
    let isDropped = arguments.take("drop")
    if isDropped || arguments.take("call") {
      let call = try copier.prepareCall(Done(results: results.share(), isAwaited: true), .kernel)
      if isDropped {
        discard(call)
      } else {
        call.run()
      }
      return answer(&reply)
    }
    let isStarted = arguments.take("start")
    if isStarted || arguments.take("copy") {
      try copy(&arguments, isAwaited: !isStarted)
      return isStarted ? () : answer(&reply)
    }
    if arguments.take("zero") {
      let at = try sector(&arguments)
      let length = try sector(&arguments)
      try copier.zero(
        regions(at: at), length: length, handler: Done(results: results.share(), isAwaited: true),
        .kernel)
      return answer(&reply)
    }
    try wait(&arguments, &reply)
  }

  private func answer(_ reply: inout TextWriter) {
    results.value.finished.wait()
    let last = results.value.last.withLock { last in last }
    reply.append(last.readFailed ? "unread " : "read ")
    Self.write(last.writeErrors, to: &reply)
  }

  private func discard(_ call: consuming PreparedCopyCall<Done>?) {}

  /// Keeps a prepared call. Drops the one that was kept before, after it has released the lock.
  private func keepCall() throws(Errno) {
    var new: PreparedCopyCall<Done>? = try copier.prepareCall(
      Done(results: results.share(), isAwaited: false), .kernel)
    let old = kept.withLock { kept in
      let old = kept.take()
      kept = new.take()
      return old
    }
    discard(old)
  }

  private func copy(_ arguments: inout Arguments, isAwaited: Bool) throws(Errno) {
    let leg = try number(&arguments)
    let from = try sector(&arguments)
    let length = try sector(&arguments)
    let to = try sector(&arguments)
    let isOrdered = arguments.take("order")
    let isIgnoring = arguments.take("ignore")
    let options: CopyClient.Options =
      (isOrdered ? .inOrder : .none) | (isIgnoring ? .ignoringErrors : .none)
    let begun: Void? = try legs.withElement(at: leg) { (device) throws(Errno) in
      try copier.copy(
        from: device, at: from, length: length, to: regions(at: to, without: leg), options,
        handler: Done(results: results.share(), isAwaited: isAwaited), .kernel)
    }
    if begun == nil { throw .invalidArgument }
  }

  /// Carries out the commands for which dm-io waits.
  private func wait(_ arguments: inout Arguments, _ reply: inout TextWriter) throws(Errno) {
    if arguments.take("flush") {
      return Self.write(try client.flush(regions(at: Sector(0))), to: &reply)
    }
    let isDiscard = arguments.take("discard")
    if isDiscard || arguments.take("zeroes") {
      let regions = try regions(at: try sector(&arguments))
      let length = try sector(&arguments)
      let errors =
        isDiscard
        ? try client.discard(regions, length: length)
        : try client.writeZeroes(regions, length: length)
      return Self.write(errors, to: &reply)
    }
    if arguments.take("wrong") { return reply.append(try refusals()) }
    let isVirtual = arguments.take("vmove")
    let isSpread = arguments.take("spread")
    guard isVirtual || isSpread || arguments.take("move") else { throw .invalidArgument }
    let leg = try number(&arguments)
    let from = try sector(&arguments)
    let to = try sector(&arguments)
    let bytes = try number(&arguments)
    let regions = try regions(at: to, apart: isSpread ? 1000 : 0)
    var errors = RegionErrors.none
    let moved: Void? = try legs.withElement(at: leg) { (device) throws(Errno) in
      if isVirtual {
        var memory = try VirtualMemory(byteCount: 1 << 20)
        try client.read(&memory, byteCount: bytes, from: device, at: from)
        errors = try client.write(memory, byteCount: bytes, to: regions, .forcedUnitAccess)
      } else {
        var pages = try Pages<4>(.kernel)
        try client.read(&pages, byteCount: bytes, from: device, at: from)
        errors = try client.write(pages, byteCount: bytes, to: regions, .preflush)
      }
    }
    if moved == nil { throw .invalidArgument }
    Self.write(errors, to: &reply)
  }

  /// Returns how many of the flags that do not fit a read are refused.
  private func refusals() throws(Errno) -> Int {
    var refusals = 0
    try refuse(.preflush, &refusals)
    try refuse(.forcedUnitAccess, &refusals)
    return refusals
  }

  private func refuse(_ flags: OperationFlags, _ refusals: inout Int) throws(Errno) {
    var pages = try Pages<0>(.kernel)
    _ = legs.withElement(at: 0) { device in
      do throws(Errno) {
        try client.read(&pages, from: device, at: Sector(0), flags)
      } catch {
        if error == .invalidArgument { refusals &+= 1 }
      }
    }
  }

  /// Writes a digit for each device: whether its I/O failed.
  static func write(_ errors: RegionErrors, to reply: inout TextWriter) {
    var index = 0
    while index < Regions.maximumCount {
      reply.append(errors.contains(index) ? "1" : "0")
      index &+= 1
    }
  }
}
