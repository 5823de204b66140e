// SPDX-License-Identifier: GPL-2.0-only
// apus_operations: counts the calls of each operation.

import BlockMQ
import Kernel
import Synchronization

/// A count for each operation, shared by the driver and its data.
struct Counters: ~Copyable, Sendable {
  let queue = Atomic<Int>(0)
  let ended = Atomic<Int>(0)
  let last = Atomic<Int>(0)
  let commit = Atomic<Int>(0)
  let batch = Atomic<Int>(0)
  let batched = Atomic<Int>(0)
  let givenBack = Atomic<Int>(0)
  let budgetTaken = Atomic<Int>(0)
  let budgetReturned = Atomic<Int>(0)
  let budgetMissing = Atomic<Int>(0)
  let timeout = Atomic<Int>(0)
  let timeoutEnded = Atomic<Int>(0)
  let poll = Atomic<Int>(0)
  let polled = Atomic<Int>(0)
  let complete = Atomic<Int>(0)
  let timer = Atomic<Int>(0)
  let claimed = Atomic<Int>(0)
  let requeued = Atomic<Int>(0)
  let refused = Atomic<Int>(0)
  let partial = Atomic<Int>(0)
  let hardwareQueueMade = Atomic<Int>(0)
  let hardwareQueueEnded = Atomic<Int>(0)
  let requestMade = Atomic<Int>(0)
  let requestEnded = Atomic<Int>(0)
  let cleanUp = Atomic<Int>(0)
  let busy = Atomic<Int>(0)
  let mapQueues = Atomic<Int>(0)
  let show = Atomic<Int>(0)

  borrowing func report(_ writer: inout TextWriter) {
    line("queue", queue, &writer)
    line("ended", ended, &writer)
    line("last", last, &writer)
    line("commit", commit, &writer)
    line("batch", batch, &writer)
    line("batched", batched, &writer)
    line("given_back", givenBack, &writer)
    line("budget_taken", budgetTaken, &writer)
    line("budget_returned", budgetReturned, &writer)
    line("budget_missing", budgetMissing, &writer)
    line("timeout", timeout, &writer)
    line("timeout_ended", timeoutEnded, &writer)
    line("poll", poll, &writer)
    line("polled", polled, &writer)
    line("complete", complete, &writer)
    line("timer", timer, &writer)
    line("claimed", claimed, &writer)
    line("requeued", requeued, &writer)
    line("refused", refused, &writer)
    line("partial", partial, &writer)
    line("hardware_queue_made", hardwareQueueMade, &writer)
    line("hardware_queue_ended", hardwareQueueEnded, &writer)
    line("request_made", requestMade, &writer)
    line("request_ended", requestEnded, &writer)
    line("clean_up", cleanUp, &writer)
    line("busy", busy, &writer)
    line("map_queues", mapQueues, &writer)
    line("show", show, &writer)
  }

  private borrowing func line(
    _ name: StaticCString, _ count: borrowing Atomic<Int>, _ writer: inout TextWriter
  ) {
    writer.append(name)
    writer.append(" ")
    writer.append(count.load(ordering: .relaxed))
    writer.append("\n")
  }
}

/// Adds one to a counter.
func count(_ counter: borrowing Atomic<Int>) { counter.wrappingAdd(1, ordering: .relaxed) }

/// A hardware queue's data: the requests that wait for a poll.
struct QueueData: ~Copyable, Sendable {
  let index: Int
  let polled = SpinLock(RequestList<EveryOperation>())
  let counters: Shared<Counters>

  deinit { count(counters.value.hardwareQueueEnded) }
}

/// A request's data.
struct RequestMarks: ~Copyable, Sendable {
  let requeues = Atomic<Int>(0)
  let hardwareQueue: Int
  let counters: Shared<Counters>

  deinit { count(counters.value.requestEnded) }
}
