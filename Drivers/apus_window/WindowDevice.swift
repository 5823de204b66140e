// SPDX-License-Identifier: GPL-2.0-only
// apus_window: a disk that is a range of another block device. It is a starting point for a
// partitioning, caching or encrypting driver.

import BlockMQ
import Kernel

/// The driver of the disk. `queue` only puts requests into a list; the forwarder submits them in a
/// task of its own. So `queue` need not sleep, although submitting bios may. And no submission lies
/// within another, so a bio that waits for memory waits only for bios that are in flight.
@BlockDriver
struct WindowDevice: BlockDriver, ~Copyable {
  typealias RequestData = RequestIOCount

  let forwarder: WorkItem<Forwarder>

  init(_ lower: consuming BlockDevice, from start: Sector, on queue: borrowing WorkQueue)
    throws(Errno)
  {
    let clones = try CloneSet<Forwarded>(reserve: 16)
    forwarder = try WorkItem(
      Forwarder(clones: clones, lower: lower, start: start), on: queue, .kernel)
  }

  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext)
    -> QueueResult<Self>
  {
    forwarder.handler.add(request.start())
    forwarder.queue()
    return .accepted
  }

  static func makeRequestData(
    _ tagSetData: borrowing NoData, hardwareQueue: Int, node: NUMANode
  ) throws(Errno) -> RequestIOCount { RequestIOCount() }
}

/// Forwards requests to the lower device. When it ends, the waiting requests end first, and then
/// those that were forwarded.
@WorkHandler
struct Forwarder: WorkHandler, ~Copyable {
  let waiting = SpinLockIRQ(RequestList<WindowDevice>())
  let clones: CloneSet<Forwarded>
  let lower: BlockDevice
  let start: Sector

  init(clones: consuming CloneSet<Forwarded>, lower: consuming BlockDevice, start: Sector) {
    self.clones = clones
    self.lower = lower
    self.start = start
  }

  func add(_ request: consuming Request<WindowDevice>) {
    var added: Request<WindowDevice>? = request
    waiting.withLock { waiting in
      if let request = added.take() { waiting.append(request) }
    }
  }

  func run(_ work: borrowing WorkContext) {
    while let request = waiting.withLock({ waiting in waiting.popFirst() }) {
      // The sector is within the lower device: the block layer checked it against this disk's size.
      let sector = Sector(start.count &+ request.sector.count)
      request.forward(to: lower, at: sector, from: clones, .noIO) { Forwarded() }
    }
  }
}

/// A part of a request on the lower device. Its status is that of the lower device.
@CloneHandler
struct Forwarded: CloneHandler, ~Copyable {
  typealias Driver = WindowDevice
}
