// SPDX-License-Identifier: GPL-2.0-only
// apus_null: the device as blk-mq sees it: requests come, are carried out, and end as the device's interrupts are configured.

import BlockMQ
import Kernel
import Synchronization

extension Request: DeviceIO where Driver == NullDevice {}

/// What a request carries: how it will have ended, and where it was written.
struct NullCommand: ~Copyable, Sendable {
  let status = StatusCell()
  let sector = Atomic<UInt64>(0)
}

/// What a hardware queue carries.
struct NullQueue: ~Copyable, Sendable {
  /// Requests that were carried out, and wait until somebody polls.
  let polled = SpinLock(RequestList<NullDevice>())
  /// Requests whose completion the block layer's fault injection wanted to be forgotten, until they time out.
  let forgotten = SpinLock(RequestList<NullDevice>())
  /// How many requests were given back on purpose.
  let returned = Atomic<Int>(0)
}

@BlockDriver
struct NullDevice: BlockDriver, ~Copyable {
  typealias RequestData = NullCommand
  typealias HardwareQueueData = NullQueue
  typealias TagSetData = NullFaults

  let core: NullCore
  let throttling: Throttling?
  let faults: NullFaults

  init(
    _ queue: borrowing RequestQueue, _ configuration: NullConfiguration, _ contents: consuming Contents,
    _ faults: consuming NullFaults
  ) throws(Errno) {
    let core = try NullCore(configuration, contents)
    let rate = configuration.megabytesPerSecond
    let throttling = rate > 0 ? try Throttling(megabytesPerSecond: rate, queue: queue) : nil
    self.core = core
    self.throttling = throttling
    self.faults = faults
  }

  static func makeRequestData(
    _ tagSetData: borrowing TagSetData, hardwareQueue: Int, node: NUMANode
  ) throws(Errno) -> NullCommand {
    NullCommand()
  }

  static func makeHardwareQueueData(
    _ tagSetData: borrowing TagSetData, hardwareQueue: Int, node: NUMANode
  ) throws(Errno) -> NullQueue {
    if tagSetData.hardwareQueue.shouldFail() { throw .badAddress }
    return NullQueue()
  }

  static func mapQueues(_ maps: borrowing QueueMaps, _ tagSetData: borrowing TagSetData) { maps.assign() }

  // (Always within its callback, which else looks for answers that there are not, with a trap for them.)
  @inline(__always)
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    let isForgotten = faults.timeout.shouldFail() || request.shouldFakeTimeout
    if faults.requeue.shouldFail() {
      // By turns, the two ways there are.
      let turn = context.withHardwareQueue { queue in queue.data.returned.wrappingAdd(1, ordering: .relaxed).newValue }
      if turn & 1 != 0 { return request.refused() }
      request.requeue()
      return .accepted
    }
    // (A tick may start the queue before the request is back in it, and there may be no other whose
    // end has it looked for.)
    if throttling?.passes(request.byteCount) == false { return request.refused() }
    if isForgotten {
      keep(start(request), in: context, isPolled: false)
    } else if Self.isPolled(request) {
      let request = start(request)
      _ = perform(request)
      keep(request, in: context, isPolled: true)
    } else {
      carryOut(start(request))
    }
    return .accepted
  }

  func queueBatch(_ batch: borrowing QueueBatch<Self>) {
    while let request = batch.next() {
      // (Where there are faults, each request comes by itself.)
      if FaultInjection.isSupported || request.shouldFakeTimeout || Self.isPolled(request)
        || throttling?.passes(request.byteCount) == false
      {
        batch.giveBack(request)
      } else {
        carryOut(start(request))
      }
    }
  }

  private static func isPolled(_ request: borrowing QueuedRequest<Self>) -> Bool {
    request.withHardwareQueue { queue in queue.kind == .poll } ?? false
  }

  private func start(_ request: consuming QueuedRequest<Self>) -> Request<Self> {
    request.data.status.set(.ok)
    return request.start()
  }

  /// Does what a request asks for, and sees to its end.
  private func carryOut(_ request: consuming Request<Self>) {
    let status = perform(request)
    let mode = core.configuration.irqMode
    if mode == NullConfiguration.softirq {
      request.complete()
    } else if mode == NullConfiguration.timer {
      request.startTimer(core.configuration.completionTime)
    } else {
      Self.end(request, status)
    }
  }

  /// Does what a request asks for, and notes how it will have ended; it may have timed out meanwhile.
  private func perform(_ request: borrowing Request<Self>) -> BlockStatus {
    let outcome = core.carryOut(request)
    request.data.sector.store(outcome.sector.count, ordering: .relaxed)
    return request.data.status.setUnlessFailed(outcome.status)
  }

  private static func end(_ request: consuming Request<Self>, _ status: BlockStatus) {
    if status == .ok, request.operation == .zoneAppend {
      let sector = Sector(request.data.sector.load(ordering: .relaxed))
      request.end(writtenAt: sector)
    } else {
      request.end(status)
    }
  }

  /// Gives a request to one of its hardware queue's lists. (Through an optional: a value cannot be consumed in a closure.)
  private func keep(_ request: consuming Request<Self>, in context: borrowing QueueContext, isPolled: Bool) {
    var request = Optional(request)
    context.withHardwareQueue { queue in
      if isPolled {
        queue.data.polled.withLock { list in if let request = request.take() { list.append(request) } }
      } else {
        queue.data.forgotten.withLock { list in if let request = request.take() { list.append(request) } }
      }
    }
  }

  func complete(_ request: consuming Request<Self>) {
    let status = request.data.status.value
    Self.end(request, status)
  }

  func timerExpired(_ request: consuming Request<Self>) {
    let status = request.data.status.value
    Self.end(request, status)
  }

  /// Lets everything pass from now on, as fast as it comes.
  func liftLimit() { throttling?.lift() }

  func reportZones(_ report: borrowing ZoneReport) throws(Errno) { try core.zones?.report(report) }

  func poll(_ queue: borrowing HardwareQueue<Self>, _ batch: borrowing CompletionBatch) -> Int {
    var list = queue.data.polled.withLock { $0.takeAll() }
    var ended = 0
    while let request = list.popFirst() {
      let status = request.data.status.value
      if request.operation == .zoneAppend { Self.end(request, status) } else { batch.end(request, status) }
      ended &+= 1
    }
    return ended
  }

  /// A request that is forgotten, or that nobody polled for, ends here. One that is still being carried out ends
  /// where that is done, with this status.
  func timeOut(_ request: borrowing LentRequest<Self>) -> TimeoutAction {
    let found = request.withHardwareQueue { queue in
      queue.kind == .poll
        ? queue.data.polled.withLock { $0.remove(request) } : queue.data.forgotten.withLock { $0.remove(request) }
    }
    log(.info, "rq with tag \(request.tag) timed out")
    request.data.status.set(.timeout)
    if let found { found.complete() }
    return .done
  }
}
