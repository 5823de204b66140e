// SPDX-License-Identifier: GPL-2.0-only
// apus_dm_circle: a target whose values own each other in a cycle, so that they outlive the target:
// a timer and a work item that use its device, an event of the target, and I/O of its own. The log
// shows what the device returns to them.

import DeviceMapper
import Kernel
import Synchronization

@KernelModule(
  author: "The Apus authors", description: "A test target that leaves values behind",
  version: "0.1.0",
  alias: "dm-apus-circle")
struct CircleModule: KernelModule, ~Copyable {
  let registration: TargetRegistration<Circle>

  init() throws(Errno) { registration = try TargetRegistration() }
}

/// The state that the values of the cycle share.
struct State: ~Copyable, Sendable {
  let number: UInt64
  let device: UnderlyingDevice
  let other: UnderlyingDevice
  let event: TargetEvent
  let client: IOClient
  let copier: CopyClient
  let bios: BioSet<Reading>
  let timer = SpinLockIRQ<Timer<Tick>?>(nil)
  let prober = SpinLockIRQ<WorkItem<Prober>?>(nil)
  let ticks = Atomic<Int>(0)
  let rounds = Atomic<Int>(0)
  let read = Atomic<Int>(0)
  let copied = Atomic<Int>(0)

  init(
    _ number: UInt64, _ device: consuming UnderlyingDevice, _ other: consuming UnderlyingDevice,
    _ event: consuming TargetEvent
  ) throws(Errno) {
    let client = try IOClient()
    let copier = try CopyClient()
    let bios = try BioSet<Reading>(reserve: 4)
    self.number = number
    self.device = device
    self.other = other
    self.event = event
    self.client = client
    self.copier = copier
    self.bios = bios
  }

  /// Logs one line with what the device returns.
  func describe() {
    let isThere = device.capacity.count > 0
    let isDiscarding = device.canDiscard
    let isSame = device.isSame(as: device)
    log(
      .info,
      "circle \(number): sectors \(device.capacity.count) block \(device.logicalBlockSize) discard \(isDiscarding ? 1 : 0) same \(isSame ? 1 : 0) regions \(regions()) read \(wait()) bio \(isThere ? 0 : submit()) copy \(isThere ? 0 : copy())"
    )
  }

  private func outcome(_ body: () throws(Errno) -> Void) -> Int {
    do throws(Errno) {
      try body()
      return 0
    } catch {
      return Int(error.kernelResult)
    }
  }

  func regions() -> Int {
    outcome { () throws(Errno) in
      var regions = Regions()
      try regions.append(device, at: Sector(0))
      try regions.append(other, at: Sector(8))
      _ = try client.flush(regions)
    }
  }

  func wait() -> Int {
    outcome { () throws(Errno) in
      var pages = try Pages<0>(.kernel)
      try client.read(&pages, from: device, at: Sector(0))
    }
  }
}

extension State {
  func submit() -> Int {
    outcome { () throws(Errno) in
      let bio = try Bio(from: bios, pageCapacity: 0, .noIO)
      try bio.submit(to: device, at: Sector(0), .flush, handler: Reading(state: nil))
    }
  }

  func copy() -> Int {
    outcome { () throws(Errno) in
      var regions = Regions()
      try regions.append(other, at: Sector(0))
      try copier.copy(
        from: device, at: Sector(0), length: Sector(8), to: regions, handler: Copied(state: nil),
        .kernel)
    }
  }
}

/// A bio of the target's own, whose handler uses the other device.
@BioHandler
struct Reading: BioHandler, ~Copyable {
  let state: Shared<State>?

  consuming func ended(_ bio: consuming Bio<Reading>, _ status: BlockStatus) {
    guard let state else { return }
    // The other device may be closed already. Then its capacity is 0, otherwise it is the device's.
    let size = state.value.other.capacity.count
    if size > 0, status == .ok { state.value.read.wrappingAdd(1, ordering: .relaxed) }
    state.value.event.signal()
  }
}

@CopyHandler
struct Copied: CopyHandler, ~Copyable {
  let state: Shared<State>?

  consuming func ended(_ result: CopyResult) {
    guard let state else { return }
    if state.value.other.capacity.count > 0, result.isSuccess {
      state.value.copied.wrappingAdd(1, ordering: .relaxed)
    }
  }
}

/// Uses the device in interrupt context.
@TimerHandler
struct Tick: TimerHandler, ~Copyable {
  let state: Shared<State>

  borrowing func expired(_ timer: borrowing TimerContext) -> TimerAction {
    if state.value.device.capacity == state.value.other.capacity {
      state.value.ticks.wrappingAdd(1, ordering: .relaxed)
    }
    state.value.event.signal()
    return .restart(after: .milliseconds(1))
  }
}

/// Uses the device and submits I/O in process context, where it may sleep.
@WorkHandler
struct Prober: WorkHandler, ~Copyable {
  let state: Shared<State>

  func run(_ work: borrowing WorkContext) {
    if state.value.rounds.wrappingAdd(1, ordering: .relaxed).newValue % 16 == 1 {
      state.value.describe()
    }
    _ = state.value.regions()
    do throws(Errno) {
      var bio = try Bio(from: state.value.bios, pageCapacity: 1, .noIO)
      try bio.append(Page(.noIO))
      try bio.submit(
        to: state.value.device, at: Sector(0), .read, handler: Reading(state: state.share()))
      var regions = Regions()
      try regions.append(state.value.other, at: Sector(1024))
      try state.value.copier.copy(
        from: state.value.device, at: Sector(0), length: Sector(64), to: regions,
        handler: Copied(state: state.share()),
        .kernel)
    } catch {
      // The device is closed.
      work.requeue(after: .milliseconds(20))
      return
    }
    work.requeue(after: .milliseconds(4))
  }
}

/// `apus-circle DEVICE OTHER NUMBER [fail]`: with `fail` the constructor refuses the table after it
/// made the cycle.
@DeviceMapperTarget("apus-circle", version: (1, 0, 0))
struct Circle: Target, ~Copyable {
  let device: UnderlyingDevice
  let state: Shared<State>

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
    guard arguments.count >= 3 else { throw .invalid("Invalid argument count") }
    let device = try target.open(arguments, at: 0, "Device lookup failed")
    let first = try target.open(arguments, at: 0, "Device lookup failed")
    let second = try target.open(arguments, at: 1, "Device lookup failed")
    let number = try arguments.number(at: 2, through: 1000, "Invalid number")
    let event = try explaining("Cannot allocate context") { () throws(Errno) in
      try target.makeEvent()
    }
    let state = try Circle.close(number, first, second, event)
    if arguments.isWord("fail", at: 3) { throw .invalid("It was to fail") }
    self.device = device
    self.state = state
  }

  static func close(
    _ number: UInt64, _ device: consuming UnderlyingDevice, _ other: consuming UnderlyingDevice,
    _ event: consuming TargetEvent
  ) throws(TargetError) -> Shared<State> {
    do throws(Errno) {
      let state = try Shared(State(number, device, other, event), .kernel)
      var timer: Timer<Tick>? = try Timer(Tick(state: state.share()), .kernel)
      var prober: WorkItem<Prober>? = try WorkItem(
        Prober(state: state.share()), on: .system, .kernel)
      state.value.timer.withLock { place in place = timer.take() }
      state.value.prober.withLock { place in place = prober.take() }
      state.value.timer.withLock { place in place?.start(after: .milliseconds(1)) }
      state.value.prober.withLock { place in _ = place?.queue() }
      return state
    } catch {
      throw TargetError(error, "Cannot allocate context")
    }
  }

  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> {
    let sector = bio.targetSector
    return .remapped(bio.remapped(to: device, at: sector))
  }

  func visitDevices(_ visitor: borrowing DeviceVisitor, in target: borrowing TargetContext) {
    visitor.visit(device, from: Sector(0), length: target.length)
  }
}
