// SPDX-License-Identifier: GPL-2.0-only
// apus_null: the blk-mq device. It executes requests, and ends them as `irqmode` configures.

import BlockMQ
import Kernel
import Synchronization

extension Request: DeviceIO where Driver == NullDevice {}

/// The data of a request: its status, and the sector where it was written.
struct NullCommand: ~Copyable, Sendable {
  let status = StatusCell()
  let sector = Atomic<UInt64>(0)
}

/// The data of a hardware queue.
struct NullQueue: ~Copyable, Sendable {
  /// Requests that were executed, and wait until they are polled for.
  let polled = SpinLockIRQ(RequestList<NullDevice>())
  /// Requests whose completion fault injection drops. They wait until they time out.
  let forgotten = SpinLockIRQ(RequestList<NullDevice>())
  /// The number of requests that fault injection refused or requeued.
  let returned = Atomic<Int>(0)
}

@BlockDriver
struct NullDevice: BlockDriver, ~Copyable {
  typealias RequestData = NullCommand
  typealias HardwareQueueData = NullQueue
  typealias TagSetData = NullFaults

  let state: NullState
  let throttling: Throttling?
  let faults: NullFaults

  init(
    _ queue: borrowing RequestQueue, _ configuration: NullConfiguration,
    _ contents: consuming Contents,
    _ faults: consuming NullFaults
  ) throws(Errno) {
    let state = try NullState(configuration, contents)
    let rate = configuration.megabytesPerSecond
    let throttling = rate > 0 ? try Throttling(megabytesPerSecond: rate, queue: queue) : nil
    self.state = state
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

  static func mapQueues(_ maps: borrowing QueueMaps, _ tagSetData: borrowing TagSetData) {
    maps.assign()
  }

  // Inlined by force, so that no trap is emitted for enum cases that cannot occur.
  @inline(__always)
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext)
    -> QueueResult<Self>
  {
    let isForgotten = faults.timeout.shouldFail() || request.shouldFakeTimeout
    if faults.requeue.shouldFail() {
      // Alternates between refusing and requeueing.
      let turn = context.withHardwareQueue { queue in
        queue.data.returned.wrappingAdd(1, ordering: .relaxed).newValue
      }
      if turn & 1 != 0 { return request.refused() }
      request.requeue()
      return .accepted
    }
    // Not `refusedUntilNextEnd`: a tick may start the queue before the request is back in it, and
    // there may be no other request whose end runs the queue.
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
      // On kernels with fault injection, `queue` handles each request.
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

  /// Executes a request, and completes it as `irqmode` configures.
  private func carryOut(_ request: consuming Request<Self>) {
    let status = perform(request)
    let mode = state.configuration.irqMode
    if mode == NullConfiguration.softirq {
      request.complete()
    } else if mode == NullConfiguration.timer {
      request.startTimer(state.configuration.completionTime)
    } else {
      Self.end(request, status)
    }
  }

  /// Executes a request and stores its status, unless the request has timed out meanwhile.
  private func perform(_ request: borrowing Request<Self>) -> BlockStatus {
    let outcome = state.carryOut(request)
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

  /// Puts a request into one of its hardware queue's lists. (The optional is needed because a
  /// closure cannot consume a captured value.)
  private func keep(
    _ request: consuming Request<Self>, in context: borrowing QueueContext, isPolled: Bool
  ) {
    var request = Optional(request)
    context.withHardwareQueue { queue in
      if isPolled {
        queue.data.polled.withLock { list in
          if let request = request.take() { list.append(request) }
        }
      } else {
        queue.data.forgotten.withLock { list in
          if let request = request.take() { list.append(request) }
        }
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

  /// Lifts the bandwidth limit from now on.
  func liftLimit() { throttling?.lift() }

  func reportZones(_ report: borrowing ZoneReport) throws(Errno) { try state.zones?.report(report) }

  func poll(_ queue: borrowing HardwareQueue<Self>, _ batch: borrowing CompletionBatch) -> Int {
    var list = queue.data.polled.withLock { $0.takeAll() }
    var ended = 0
    while let request = list.popFirst() {
      let status = request.data.status.value
      if request.operation == .zoneAppend {
        Self.end(request, status)
      } else {
        batch.end(request, status)
      }
      ended &+= 1
    }
    return ended
  }

  /// Ends a request whose completion was dropped, or that was not polled for. A request that is
  /// still being executed ends after its execution, with this status.
  func timeOut(_ request: borrowing BorrowedRequest<Self>) -> TimeoutAction {
    let found = request.withHardwareQueue { queue in
      queue.kind == .poll
        ? queue.data.polled.withLock { $0.remove(request) }
        : queue.data.forgotten.withLock { $0.remove(request) }
    }
    log(.info, "rq with tag \(request.tag) timed out")
    request.data.status.set(.timeout)
    if let found { found.complete() }
    return .done
  }
}
