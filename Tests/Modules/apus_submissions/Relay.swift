// SPDX-License-Identifier: GPL-2.0-only
// apus_submissions: a disk that forwards its requests to a sector that the test sets, or sends bios
// with the operation and flags of the requests.

import BlockMQ
import Kernel
import Synchronization

/// A disk with blocks of 512 bytes, whatever the block size of the lower device is.
@BlockDriver
struct RelayDevice: BlockDriver, ~Copyable {
  typealias RequestData = RequestIOCount

  let forwarder: WorkItem<Relay>

  init(_ lower: consuming BlockDevice, on queue: borrowing WorkQueue) throws(Errno) {
    forwarder = try WorkItem(Relay(lower), on: queue, .kernel)
  }

  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext)
    -> QueueResult<Self>
  {
    if forwarder.handler.isDirect.load(ordering: .relaxed) {
      forwarder.handler.send(request.start())
      return .accepted
    }
    forwarder.handler.add(request.start())
    forwarder.queue()
    return .accepted
  }

  static func makeRequestData(
    _ tagSetData: borrowing NoData, hardwareQueue: Int, node: NUMANode
  ) throws(Errno) -> RequestIOCount { RequestIOCount() }
}

@WorkHandler
struct Relay: WorkHandler, ~Copyable {
  let waiting = SpinLockIRQ(RequestList<RelayDevice>())
  let clones: CloneSet<Relayed>
  let bios: BioSet<Ended>
  let lower: BlockDevice
  let done: Completion
  let failed: Shared<Atomic<Int>>
  let start = Atomic(0)
  let copies = Atomic(false)
  /// Whether `queue` forwards requests itself, instead of the work item.
  let isDirect = Atomic(false)

  init(_ lower: consuming BlockDevice) throws(Errno) {
    let clones = try CloneSet<Relayed>(reserve: 16)
    let bios = try BioSet<Ended>(reserve: 2)
    let done = try Completion(.kernel)
    let failed = try Shared(Atomic<Int>(0), .kernel)
    self.clones = clones
    self.bios = bios
    self.lower = lower
    self.done = done
    self.failed = failed
  }

  func add(_ request: consuming Request<RelayDevice>) {
    var added: Request<RelayDevice>? = request
    waiting.withLock { waiting in
      if let request = added.take() { waiting.append(request) }
    }
  }

  func run(_ work: borrowing WorkContext) {
    while let request = waiting.withLock({ waiting in waiting.popFirst() }) { send(request) }
  }

  func send(_ request: consuming Request<RelayDevice>) {
    let sector = Sector(
      UInt64(truncatingIfNeeded: start.load(ordering: .relaxed)) &+ request.sector.count)
    if copies.load(ordering: .relaxed) {
      do throws(Errno) {
        var bio = try Bio(from: bios, pageCapacity: 1, .noIO)
        try bio.append(Page(.noIO))
        try bio.submit(
          to: lower, at: Sector(0), request.operation, request.flags,
          handler: Ended(done: done.share(), failed: failed.share()))
        done.wait()
        request.end(.ok)
      } catch {
        request.end(.notSupported)
      }
    } else {
      request.forward(to: lower, at: sector, from: clones, .noIO) { Relayed() }
    }
  }
}

@CloneHandler
struct Relayed: CloneHandler, ~Copyable {
  typealias Driver = RelayDevice
}
