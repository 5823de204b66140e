// SPDX-License-Identifier: GPL-2.0-only
// apus_faults: a block device that is given a budget back while it ends.

import BlockMQ
import Kernel
import Synchronization

/// Room for a request that the driver does not own alone.
struct BudgetRoom: ~Copyable, Sendable {
  let request = SpinLock<Request<BudgetDevice>?>(nil)

  /// Keeps a request, and gives back what was there.
  func exchange(_ next: consuming Request<BudgetDevice>?) -> Request<BudgetDevice>? {
    var next = next
    request.withLock { kept in swap(&kept, &next) }
    return next
  }
}

@BlockDriver
struct BudgetDevice: BlockDriver, ~Copyable {
  /// How often a driver had ended before `returnBudget` returned.
  static let returnedLate = Atomic<Int>(0)
  static let returned = Atomic<Int>(0)
  static let hasEnded = Atomic<Bool>(false)

  let room: Shared<BudgetRoom>

  init(_ room: consuming Shared<BudgetRoom>) { self.room = room }

  deinit { BudgetDevice.hasEnded.store(true, ordering: .sequentiallyConsistent) }

  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    room.value.exchange(request.start())?.end(.ok)
    return .accepted
  }

  func takeBudget() -> Int32? { 7 }

  /// Takes two seconds.
  func returnBudget(_ token: Int32) {
    let end = Instant.now + .seconds(2)
    while Instant.now < end {}
    BudgetDevice.returned.wrappingAdd(1, ordering: .relaxed)
    if BudgetDevice.hasEnded.load(ordering: .sequentiallyConsistent) {
      BudgetDevice.returnedLate.wrappingAdd(1, ordering: .relaxed)
    }
  }
}

/// Ends the request that is kept.
@WorkHandler
struct BudgetEnder: WorkHandler, ~Copyable {
  let room: Shared<BudgetRoom>

  func run(_ work: borrowing WorkContext) { room.value.exchange(nil)?.end(.ok) }
}

/// The disk, and what ends its request meanwhile.
struct Budgets: ~Copyable {
  var disk: Disk<BudgetDevice>?
  let ender: WorkItem<BudgetEnder>

  init() throws(Errno) {
    let room = try Shared(BudgetRoom(), .kernel)
    let ender = try WorkItem(BudgetEnder(room: room.share()), on: .systemUnbound, .kernel)
    let tagSet = try TagSet<BudgetDevice>(hardwareQueues: 1, depth: 16, requestTimeout: 3000, usesScheduler: false)
    BudgetDevice.hasEnded.store(false, ordering: .sequentiallyConsistent)
    var disk: Disk<BudgetDevice>? = try Disk(
      DiskName("apusbudget", 0), capacity: Sector(2048), limits: DiskLimits(), flags: .withoutPartitions,
      tagSet: tagSet,
      driver: BudgetDevice(room.share()))
    self.disk = disk.take()
    self.ender = ender
  }

  /// Ends the disk. Its driver ends after three seconds; after two, the request does.
  mutating func end() {
    _ = ender.queue(after: .seconds(2))
    disk = nil
  }
}
