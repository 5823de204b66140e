// SPDX-License-Identifier: GPL-2.0-only
// apus_operations: a driver that has every operation but the batch, which cannot be combined with a
// budget.

import BlockMQ
import Kernel
import Synchronization

/// How the device ends a request.
enum Way: Int {
  /// Ends it in `queue`.
  case atOnce
  /// Has `complete` end it.
  case complete
  /// Gives it to its timer for 20 microseconds.
  case timer
  /// Stores it in the table. A work item takes it from there by its queue and tag.
  case table
  /// Ends it in parts of 512 bytes.
  case parts
  /// Requeues it three times before it ends: before it is started, after it is started, and after
  /// it is started with a later kick.
  case requeue
  /// Stops the queue at every sixteenth request and refuses the request. A timer starts the queue
  /// again.
  case stop
  /// Holds it in its timer for an hour. When the request times out, its timer and the timeout
  /// handler compete for it.
  case timerAgainstTimeout
  /// Holds it in the table. When the request times out, the work item and the timeout handler
  /// compete for it.
  case tableAgainstTimeout
  /// Holds it in the table until `release`. Meanwhile the device is busy.
  case hold
  /// Refuses two of three calls, while the hardware queues are started.
  case refuse
}

@BlockDriver
struct EveryOperation: BlockDriver, ~Copyable {
  typealias RequestData = RequestMarks
  typealias HardwareQueueData = QueueData
  typealias TagSetData = Shared<Counters>

  let counters: Shared<Counters>
  let way = Atomic<Int>(0)
  let budget: Atomic<Int>
  let table: Shared<RequestTable<EveryOperation>>
  let claimer: WorkItem<Claimer>
  let starter: Timer<Starter>
  let rearming: Shared<Rearming>
  let rearmer: WorkItem<Rearmer>

  init(_ queue: borrowing RequestQueue, _ counters: borrowing Shared<Counters>, depth: Int)
    throws(Errno)
  {
    let table = try Shared(RequestTable<EveryOperation>(hardwareQueues: 16, depth: depth), .kernel)
    let claimer = try WorkItem(
      Claimer(table: table.share(), counters: counters.share()), on: .systemUnbound, .kernel)
    let rearming = try Shared(Rearming(), .kernel)
    let rearmer = try WorkItem(Rearmer(rearming: rearming.share()), on: .systemUnbound, .kernel)
    let starter = try Timer(Starter(queue: queue.share()), .kernel)
    self.counters = counters.share()
    self.budget = Atomic(Operations.budgets)
    self.table = table
    self.claimer = claimer
    self.starter = starter
    self.rearming = rearming
    self.rearmer = rearmer
  }

  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext)
    -> QueueResult<Self>
  {
    let number = counters.value.queue.wrappingAdd(1, ordering: .relaxed).newValue
    if context.isLast { count(counters.value.last) }
    if context.withHardwareQueue({ queue in queue.kind == .poll }) {
      // Through an optional, because a closure cannot consume a captured value.
      var started: Request<Self>? = request.start()
      context.withHardwareQueue { queue in
        queue.data.polled.withLock { list in
          if let request = started.take() { list.append(request) }
        }
      }
      return .accepted
    }
    switch Way(rawValue: way.load(ordering: .relaxed)) ?? .atOnce {
    case .atOnce:
      end(request.start(), .ok)
    case .complete:
      request.start().complete()
    case .timer:
      // A negative time counts as no time.
      let delays: (Nanoseconds, Nanoseconds) = (Nanoseconds(.min), Nanoseconds(-1))
      request.start().startTimer(
        number % 4 == 0 ? delays.0 : number % 4 == 1 ? delays.1 : .microseconds(20))
    case .table:
      table.value.park(request.start())
      claimer.queue()
    case .parts:
      end(inParts: request.start())
    case .requeue:
      requeue(request)
    case .stop:
      if number % 16 == 0 {
        count(counters.value.refused)
        _ = request.withHardwareQueue { queue in queue.requestQueue().stopHardwareQueues() }
        starter.start(after: .microseconds(500))
        return request.refusedUntilNextEnd()
      }
      end(request.start(), .ok)
    case .timerAgainstTimeout:
      request.start().startTimer(.seconds(3600))
    case .tableAgainstTimeout, .hold:
      table.value.park(request.start())
    case .refuse:
      if number % 3 != 0 {
        count(counters.value.refused)
        return request.refused()
      }
      end(request.start(), .ok)
    }
    return .accepted
  }

  /// Ends a request. Every request that the device ends passes through here.
  func end(_ request: consuming Request<Self>, _ status: BlockStatus) {
    count(counters.value.ended)
    request.end(status)
  }

  func end(inParts request: consuming Request<Self>) {
    var left: Request<Self>? = request
    while let part = left.take() {
      count(counters.value.partial)
      left = part.end(.ok, byteCount: 512)
    }
    count(counters.value.ended)
  }

  func requeue(_ request: consuming QueuedRequest<Self>) {
    switch request.data.requeues.wrappingAdd(1, ordering: .relaxed).newValue % 4 {
    case 1:
      count(counters.value.requeued)
      request.requeue()
    case 2:
      count(counters.value.requeued)
      request.start().requeue()
    case 3:
      count(counters.value.requeued)
      let queue = request.withHardwareQueue { queue in queue.requestQueue() }
      request.start().requeue(kick: false)
      queue?.kickRequeueList(afterMilliseconds: 1)
    default:
      end(request.start(), .ok)
    }
  }

  func commit(_ queue: borrowing HardwareQueue<Self>) { count(counters.value.commit) }

  func takeBudget() -> Int32? {
    let left = budget.wrappingSubtract(1, ordering: .relaxed).newValue
    guard left >= 0 else {
      budget.wrappingAdd(1, ordering: .relaxed)
      count(counters.value.budgetMissing)
      return nil
    }
    count(counters.value.budgetTaken)
    return 77
  }

  func returnBudget(_ token: Int32) {
    guard token == 77 else { return }
    budget.wrappingAdd(1, ordering: .relaxed)
    count(counters.value.budgetReturned)
  }

  func timeOut(_ request: borrowing BorrowedRequest<Self>) -> TimeoutAction {
    let number = counters.value.timeout.wrappingAdd(1, ordering: .relaxed).newValue
    switch Way(rawValue: way.load(ordering: .relaxed)) ?? .atOnce {
    case .timerAgainstTimeout:
      // Both the request's timer and this handler are to run within microseconds. The timer is
      // started on another CPU, because on this one it would not expire while this handler runs.
      guard let held = request.takeFromTimer() else { return .done }
      let seen = rearming.value.count.load(ordering: .acquiring)
      var kept: Request<Self>? = held
      rearming.value.requests.withLock { list in if let held = kept.take() { list.append(held) } }
      rearmer.queue()
      let limit = Instant.now + .milliseconds(5)
      while rearming.value.count.load(ordering: .acquiring) == seen, Instant.now < limit {}
      spin(for: .nanoseconds(number % 61 &* 500))
      if let won = request.takeFromTimer() {
        count(counters.value.timeoutEnded)
        end(won, .timeout)
      }
      return .done
    case .tableAgainstTimeout:
      claimer.queue()
      spin(for: .microseconds(number % 61 &* 2))
      if let won = table.value.claim(request) {
        count(counters.value.timeoutEnded)
        end(won, .timeout)
      }
      return .done
    default:
      return .wait
    }
  }

  func timerExpired(_ request: consuming Request<Self>) {
    count(counters.value.timer)
    end(request, .ok)
  }

  func poll(_ queue: borrowing HardwareQueue<Self>, _ batch: borrowing CompletionBatch) -> Int {
    count(counters.value.poll)
    var waiting = queue.data.polled.withLock { list in list.takeAll() }
    var found = 0
    while let request = waiting.popFirst() {
      count(counters.value.polled)
      count(counters.value.ended)
      batch.end(request, .ok)
      found &+= 1
    }
    return found
  }

  func complete(_ request: consuming Request<Self>) {
    count(counters.value.complete)
    end(request, .ok)
  }

  static func makeHardwareQueueData(
    _ tagSetData: borrowing Shared<Counters>, hardwareQueue: Int, node: NUMANode
  ) throws(Errno) -> QueueData {
    let number = tagSetData.value.hardwareQueueMade.wrappingAdd(1, ordering: .relaxed).newValue
    if number == Operations.failedQueue {
      tagSetData.value.hardwareQueueMade.wrappingSubtract(1, ordering: .relaxed)
      throw .badAddress
    }
    return QueueData(index: hardwareQueue, counters: tagSetData.share())
  }

  static func makeRequestData(
    _ tagSetData: borrowing Shared<Counters>, hardwareQueue: Int, node: NUMANode
  ) throws(Errno) -> RequestMarks {
    let number = tagSetData.value.requestMade.wrappingAdd(1, ordering: .relaxed).newValue
    if number == Operations.failedRequest {
      tagSetData.value.requestMade.wrappingSubtract(1, ordering: .relaxed)
      throw .badAddress
    }
    return RequestMarks(hardwareQueue: hardwareQueue, counters: tagSetData.share())
  }

  func cleanUp(_ request: borrowing BorrowedRequest<Self>) { count(counters.value.cleanUp) }

  func isBusy() -> Bool {
    count(counters.value.busy)
    return way.load(ordering: .relaxed) == Way.hold.rawValue
  }

  static func mapQueues(_ maps: borrowing QueueMaps, _ tagSetData: borrowing Shared<Counters>) {
    count(tagSetData.value.mapQueues)
  }

  func show(_ request: borrowing BorrowedRequest<Self>, _ writer: inout TextWriter) {
    count(counters.value.show)
    writer.append(" apus queue=")
    writer.append(request.hardwareQueueIndex)
    writer.append(" tag=")
    writer.append(request.tag)
    writer.append(" sector=")
    writer.append(request.sector.count)
  }

  /// Ends the requests that the table holds.
  func release() {
    table.value.claimAll { (request: consuming Request<Self>) in end(request, .ok) }
  }
}

/// Ends requests of the table by their queue and tag, as a device's interrupt handler would.
@WorkHandler
struct Claimer: WorkHandler, ~Copyable {
  let table: Shared<RequestTable<EveryOperation>>
  let counters: Shared<Counters>

  func run(_ work: borrowing WorkContext) {
    // Also tries numbers that are out of range, as a broken device might report.
    for queue in -1...16 {
      for tag in -1...Operations.depth {
        guard let request = table.value.claim(hardwareQueue: queue, tag: tag) else { continue }
        count(counters.value.claimed)
        count(counters.value.ended)
        request.end(.ok)
      }
    }
  }
}

/// Requests whose timers another CPU is to start.
struct Rearming: ~Copyable, Sendable {
  let requests = SpinLockIRQ(RequestList<EveryOperation>())
  let count = Atomic<Int>(0)
}

@WorkHandler
struct Rearmer: WorkHandler, ~Copyable {
  let rearming: Shared<Rearming>

  func run(_ work: borrowing WorkContext) {
    while let request = rearming.value.requests.withLock({ list in list.popFirst() }) {
      let number = rearming.value.count.load(ordering: .relaxed)
      request.startTimer(.nanoseconds(number % 64 &* 500))
      rearming.value.count.wrappingAdd(1, ordering: .releasing)
    }
  }
}

/// Starts the queue that was stopped.
@TimerHandler
struct Starter: TimerHandler, ~Copyable {
  let queue: RequestQueue

  func expired(_ timer: borrowing TimerContext) -> TimerAction {
    queue.startHardwareQueues()
    return .stop
  }
}

/// Waits without giving up the CPU.
func spin(for time: Nanoseconds) {
  let end = Instant.now + time
  while Instant.now < end {}
}
