// SPDX-License-Identifier: GPL-2.0-only
// apus_faults: a block device that does everything with its requests that safe code can do.

import BlockMQ
import Kernel
import Synchronization

/// What a device does with a request.
enum Fault: Int {
  /// Drops the request before it is started.
  case dropQueued
  /// Drops the request after it was started.
  case dropStarted
  /// Drops the started request when an error is thrown.
  case dropThrown
  /// Refuses the request three times, then carries it out.
  case refuse
  /// Keeps the request without starting it. Refuses it when the next request is offered, and
  /// carries out that one.
  case refuseAnother
  /// Holds the request until the next one comes, or until `release`.
  case hold
  /// Ends the request with the status that belongs to its sector.
  case fail
  /// Stops the hardware queues and refuses the request until they are started. Nothing starts them.
  case stop
  /// Requeues the request without kicking the requeue list. Nothing kicks it.
  case requeue
  /// Carries the request out, waits until another call is offered a request in the same memory, and
  /// refuses that request in this call.
  case refuseTheNext

  /// How many requests the device has. With one, each request has the same memory.
  var depth: Int { self == .refuseTheNext ? 1 : 16 }
}

@BlockDriver
struct FaultyDevice: BlockDriver, ~Copyable {
  let fault: Fault

  /// Until this is set, the device carries requests out, so that the kernel can look for
  /// partitions.
  let isArmed = Atomic<Bool>(false)

  let offered = Atomic<Int>(0)
  let done = Atomic<Int>(0)
  let dropped = Atomic<Int>(0)
  let refused = Atomic<Int>(0)

  let kept = SpinLockIRQ<QueuedRequest<FaultyDevice>?>(nil)
  let held = SpinLockIRQ<Request<FaultyDevice>?>(nil)

  init(_ fault: Fault) { self.fault = fault }

  /// The hardware queues and their data have ended before the driver. A request that the driver
  /// still holds cannot lend a hardware queue.
  deinit {
    guard let request = held.withLock({ held in held.take() }) else { return }
    if request.withHardwareQueue({ queue in queue.index }) == nil {
      log(.info, "disk \(fault.rawValue) ended with a request that has no hardware queue any more")
    } else {
      log(.info, "disk \(fault.rawValue) ended with a request that lends a hardware queue")
    }
  }

  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext)
    -> QueueResult<Self>
  {
    guard isArmed.load(ordering: .acquiring) else {
      carryOut(request.start())
      return .accepted
    }
    let number = offered.wrappingAdd(1, ordering: .relaxed).newValue
    switch fault {
    case .dropQueued:
      dropped.wrappingAdd(1, ordering: .relaxed)
      return .accepted
    case .dropStarted:
      dropped.wrappingAdd(1, ordering: .relaxed)
      _ = request.start()
      return .accepted
    case .dropThrown:
      do throws(Errno) {
        try refuseToCarryOut(request.start())
      } catch {
        dropped.wrappingAdd(1, ordering: .relaxed)
      }
      return .accepted
    case .refuse:
      if number % 4 != 0 {
        refused.wrappingAdd(1, ordering: .relaxed)
        return request.refused()
      }
      carryOut(request.start())
      done.wrappingAdd(1, ordering: .relaxed)
      return .accepted
    case .refuseAnother:
      guard let another = kept.withLock({ kept in kept.take() }) else {
        var offered: QueuedRequest<Self>? = request
        kept.withLock { kept in swap(&kept, &offered) }
        return .accepted
      }
      carryOut(request.start())
      done.wrappingAdd(1, ordering: .relaxed)
      refused.wrappingAdd(1, ordering: .relaxed)
      return another.refused()
    case .hold:
      var latest: Request<Self>? = request.start()
      held.withLock { held in swap(&held, &latest) }
      if let previous = latest { finish(previous) }
      return .accepted
    case .fail:
      let request = request.start()
      let status = status(at: request.sector)
      dropped.wrappingAdd(1, ordering: .relaxed)
      request.end(status)
      return .accepted
    case .stop:
      refused.wrappingAdd(1, ordering: .relaxed)
      context.withHardwareQueue { queue in queue.requestQueue().stopHardwareQueues() }
      return request.refusedUntilNextEnd()
    case .requeue:
      refused.wrappingAdd(1, ordering: .relaxed)
      request.start().requeue(kick: false)
      return .accepted
    case .refuseTheNext:
      if number == 2 {
        var offered: QueuedRequest<Self>? = request
        kept.withLock { kept in swap(&kept, &offered) }
        return .accepted
      }
      finish(request.start())
      guard number == 1 else { return .accepted }
      for _ in 0..<20_000 {
        if let another = kept.withLock({ kept in kept.take() }) {
          refused.wrappingAdd(1, ordering: .relaxed)
          return another.refused()
        }
        sleep(for: .milliseconds(1))
      }
      return .accepted
    }
  }

  /// Carries a request out. Reads return zeroes.
  func carryOut(_ request: consuming Request<Self>) {
    do throws(Errno) {
      if request.operation == .read {
        try request.forEachSegment { segment throws(Errno) in
          try segment.zero(at: 0, length: segment.byteCount)
        }
      }
      request.end(.ok)
    } catch {
      request.end(BlockStatus(error))
    }
  }

  /// Throws, so that the request is dropped.
  func refuseToCarryOut(_ request: consuming Request<Self>) throws(Errno) {
    guard request.byteCount == 0 else { throw .invalidArgument }
    request.end(.ok)
  }

  func finish(_ request: consuming Request<Self>) {
    carryOut(request)
    done.wrappingAdd(1, ordering: .relaxed)
  }

  func arm() { isArmed.store(true, ordering: .releasing) }

  func disarm() {
    isArmed.store(false, ordering: .releasing)
    release()
  }

  /// Ends the requests that the driver keeps.
  func release() {
    if let request = held.withLock({ held in held.take() }) { finish(request) }
    // This request was never started. Dropping it ends it.
    if kept.withLock({ kept in kept.take() }) != nil { dropped.wrappingAdd(1, ordering: .relaxed) }
  }

  /// Returns a status for each block of 4096 bytes.
  func status(at sector: Sector) -> BlockStatus {
    switch sector.count / 8 {
    case 0: .notSupported
    case 1: .timeout
    case 2: .noSpace
    case 3: .transport
    case 4: .target
    case 5: .reservationConflict
    case 6: .medium
    case 7: .protection
    case 8: .resource
    case 9: .ioError
    case 10: .again
    case 11: .offline
    case 12: BlockStatus(.noSpaceLeft)
    case 13: BlockStatus(.outOfMemory)
    case 14: BlockStatus(.exists)
    // EREMCHG, the code of device mapper's own status, BLK_STS_DM_REQUEUE.
    case 15: BlockStatus(Errno(rawValue: 78) ?? .noData)
    default: .ok
    }
  }

  /// Writes the counts of requests since `arm`.
  func report(_ writer: inout TextWriter) {
    writer.append("apusfault")
    writer.append(fault.rawValue)
    writer.append(" offered=")
    writer.append(offered.load(ordering: .relaxed))
    writer.append(" done=")
    writer.append(done.load(ordering: .relaxed))
    writer.append(" failed=")
    writer.append(dropped.load(ordering: .relaxed))
    writer.append(" refused=")
    writer.append(refused.load(ordering: .relaxed))
    writer.append("\n")
  }
}
