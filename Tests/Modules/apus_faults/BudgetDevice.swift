// SPDX-License-Identifier: GPL-2.0-only
// apus_faults: a block device to which a budget token is returned while its driver ends.

import BlockMQ
import Kernel
import Synchronization

/// Room for one request, which the driver shares.
struct BudgetRoom: ~Copyable, Sendable {
  let request = SpinLockIRQ<Request<BudgetDevice>?>(nil)

  /// Stores a request, and returns the request that was stored before.
  func exchange(_ next: consuming Request<BudgetDevice>?) -> Request<BudgetDevice>? {
    var next = next
    request.withLock { kept in swap(&kept, &next) }
    return next
  }
}

@BlockDriver
struct BudgetDevice: BlockDriver, ~Copyable {
  /// How often the driver had ended before `returnBudget` returned.
  static let returnedLate = Atomic<Int>(0)
  static let returned = Atomic<Int>(0)
  static let hasEnded = Atomic<Bool>(false)

  let room: Shared<BudgetRoom>

  init(_ room: consuming Shared<BudgetRoom>) { self.room = room }

  deinit { BudgetDevice.hasEnded.store(true, ordering: .sequentiallyConsistent) }

  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext)
    -> QueueResult<Self>
  {
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

/// Ends the stored request.
@WorkHandler
struct BudgetEnder: WorkHandler, ~Copyable {
  let room: Shared<BudgetRoom>

  func run(_ work: borrowing WorkContext) { room.value.exchange(nil)?.end(.ok) }
}

/// The disk, and the work item that ends its request while the disk is removed.
struct Budgets: ~Copyable {
  var disk: Disk<BudgetDevice>?
  let ender: WorkItem<BudgetEnder>

  init() throws(Errno) {
    let room = try Shared(BudgetRoom(), .kernel)
    let ender = try WorkItem(BudgetEnder(room: room.share()), on: .systemUnbound, .kernel)
    let tagSet = try TagSet<BudgetDevice>(
      hardwareQueues: 1, depth: 16, requestTimeout: 3000, usesScheduler: false)
    BudgetDevice.hasEnded.store(false, ordering: .sequentiallyConsistent)
    var disk: Disk<BudgetDevice>? = try Disk(
      DiskName("apusbudget", 0), capacity: Sector(2048), limits: DiskLimits(),
      flags: .withoutPartitions,
      tagSet: tagSet,
      driver: BudgetDevice(room.share()))
    self.disk = disk.take()
    self.ender = ender
  }

  /// Removes the disk. The driver ends after three seconds, and the request after two.
  mutating func end() {
    _ = ender.queue(after: .seconds(2))
    disk = nil
  }
}
