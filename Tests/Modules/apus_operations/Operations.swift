// SPDX-License-Identifier: GPL-2.0-only
// apus_operations: the module. apusops0 has every operation but the batch, and apusops2 shares its
// tags. apusops1 takes batches.

import BlockMQ
import Kernel
import Synchronization

@KernelModule(
  author: "The Apus authors", description: "Block devices that use every operation of blk-mq",
  version: "0.1.0")
struct Operations: KernelModule, ~Copyable {
  static var depth: Int { 256 }

  @Parameter(
    "budgets", "How many requests of a disk may be dispatched at a time", in: 1...1_000_000)
  static var budgets: Int = 24

  @Parameter(
    "fail_request", "Refuse to make this request's data, counted from 1", in: 0...1_000_000)
  static var failedRequest: Int = 0

  @Parameter(
    "fail_queue", "Refuse to make this hardware queue's data, counted from 1", in: 0...1_000_000)
  static var failedQueue: Int = 0

  let counters: Shared<Counters>
  let batchCounters: Shared<Counters>
  let tagSet: TagSet<EveryOperation>
  var every: Disk<EveryOperation>?
  var other: Disk<EveryOperation>?
  let batch: Disk<BatchDevice>

  init() throws(Errno) {
    let counters = try Shared(Counters(), .kernel)
    let batchCounters = try Shared(Counters(), .kernel)
    let tagSet = try TagSet<EveryOperation>(
      QueueCounts(default: 2, read: 1, poll: 1), depth: Operations.depth, requestTimeout: 1000,
      data: counters.share()
    )
    var every: Disk<EveryOperation>? = try Operations.disk(0, tagSet, counters)
    var other: Disk<EveryOperation>? = try Operations.disk(2, tagSet, counters)
    let batches = try TagSet<BatchDevice>(
      hardwareQueues: 1, depth: Operations.depth, usesScheduler: false)
    let batch = try Disk(
      DiskName("apusops", 1), capacity: Sector(131_072), limits: DiskLimits(), tagSet: batches,
      driver: BatchDevice(counters: batchCounters.share()))
    self.counters = counters
    self.batchCounters = batchCounters
    self.tagSet = tagSet
    self.every = every.take()
    self.other = other.take()
    self.batch = batch
  }

  static func disk(
    _ index: Int, _ tagSet: borrowing TagSet<EveryOperation>, _ counters: borrowing Shared<Counters>
  ) throws(Errno) -> Disk<EveryOperation> {
    try Disk(
      DiskName("apusops", index), capacity: Sector(131_072), limits: DiskLimits(), tagSet: tagSet
    ) {
      queue throws(Errno) in
      try EveryOperation(queue, counters, depth: depth)
    }
  }

  @Command("way", "Write a number: what apusops0 and apusops2 do with requests from here on")
  mutating func way(_ text: borrowing CString) throws(Errno) {
    let number = try text.integer()
    guard Way(rawValue: number) != nil else { throw .invalidArgument }
    every?.driver.way.store(number, ordering: .relaxed)
    other?.driver.way.store(number, ordering: .relaxed)
  }

  @Command("release", "Write anything: what is held ends")
  mutating func release(_ text: borrowing CString) throws(Errno) {
    every?.driver.release()
    other?.driver.release()
  }

  @Command(
    "queues",
    "Write a number: as many hardware queues by default, besides one for reads and one for polling")
  mutating func change(_ text: borrowing CString) throws(Errno) {
    try tagSet.change(to: QueueCounts(default: try text.integer(), read: 1, poll: 1))
  }

  @Command("remove", "Write anything: takes apusops0 away")
  mutating func remove(_ text: borrowing CString) throws(Errno) {
    guard every.take() != nil else { throw .noSuchDevice }
  }

  @Report("budget", "How many budgets apusops0 has")
  borrowing func budget(_ writer: inout TextWriter) {
    switch every {
    case .some(let disk): writer.append(disk.driver.budget.load(ordering: .relaxed))
    case .none: break
    }
  }

  @Report("counts", "How often each operation of apusops0 and apusops2 was called")
  borrowing func counts(_ writer: inout TextWriter) { counters.value.report(&writer) }

  @Report("batch_counts", "How often each operation of apusops1 was called")
  borrowing func batchCounts(_ writer: inout TextWriter) { batchCounters.value.report(&writer) }
}
