// SPDX-License-Identifier: GPL-2.0-only
// apus_spoil: a target and two disks that try to change the memory of their I/O in place, also the
// memory of writes.

import BlockMQ
import DeviceMapper
import Kernel

@KernelModule(
  author: "The Apus authors", description: "Tries to change what is written", version: "0.1.0",
  alias: "dm-apus-spoil")
struct SpoilModule: KernelModule, ~Copyable {
  let target: TargetRegistration<SpoilTarget>
  let requests: Disk<SpoilDevice>
  let bios: BioDisk<SpoilBioDevice>

  init() throws(Errno) {
    let target = try TargetRegistration<SpoilTarget>()
    let requests = try Disk(
      DiskName("apusspoil", 0), capacity: Sector(2048), limits: DiskLimits(),
      tagSet: TagSet<SpoilDevice>(hardwareQueues: 1, depth: 16), driver: SpoilDevice())
    bios = try BioDisk(
      DiskName("apusspoil", 1), capacity: Sector(2048), limits: DiskLimits(),
      driver: SpoilBioDevice())
    self.requests = requests
    self.target = target
  }

  @Report("requests", "What came of the attempts of apusspoil0")
  borrowing func reportRequests(_ writer: inout TextWriter) {
    requests.driver.attempts.report(&writer)
  }

  @Report("bios", "What came of the attempts of apusspoil1")
  borrowing func reportBios(_ writer: inout TextWriter) { bios.driver.attempts.report(&writer) }
}

/// `apus-spoil DEVICE`: bios go to the device, from its start. `map` and `ended` try to change
/// their memory.
@DeviceMapperTarget("apus-spoil", version: (1, 0, 0))
struct SpoilTarget: Target, ~Copyable {
  let device: UnderlyingDevice
  let mapped: Attempts
  let returned: Attempts

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
    guard arguments.count == 1 else { throw .invalid("Invalid argument count") }
    let device = try target.open(arguments, at: 0, "Device lookup failed")
    let mapped = try explaining("Cannot allocate context") { () throws(Errno) in try Attempts() }
    returned = try explaining("Cannot allocate context") { () throws(Errno) in try Attempts() }
    self.mapped = mapped
    self.device = device
  }

  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> {
    let isWrite = bio.isWrite
    bio.forEachSegment { segment in
      mapped.spoil(segment, at: 0, length: segment.byteCount, isWrite: isWrite)
    }
    let sector = bio.targetSector
    return .remapped(bio.remapped(to: device, at: sector))
  }

  func ended(
    _ bio: borrowing EndedBio<Self>, _ status: BlockStatus, in target: borrowing TargetContext
  ) -> EndResult {
    let isWrite = bio.isWrite
    bio.forEachSegment { segment in
      returned.spoil(segment, at: 0, length: segment.byteCount, isWrite: isWrite)
    }
    return .done(status)
  }

  func status(
    _ request: StatusRequest, to writer: inout TextWriter, in target: borrowing TargetContext
  ) {
    switch request.kind {
    case .information:
      writer.append("mapped: ")
      mapped.report(&writer)
      writer.append(" ended: ")
      returned.report(&writer)
    case .table: writer.append(device)
    default: writer.appendNameAndVersion(of: target)
    }
  }

  func visitDevices(_ visitor: borrowing DeviceVisitor, in target: borrowing TargetContext) {
    visitor.visit(device, from: Sector(0), length: target.length)
  }
}

/// A disk whose reads return bytes of 0x5a.
@BlockDriver
struct SpoilDevice: BlockDriver, ~Copyable {
  let attempts: Attempts

  init() throws(Errno) { attempts = try Attempts() }

  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext)
    -> QueueResult<Self>
  {
    let request = request.start()
    let isWrite = request.operation != .read
    request.forEachSegment { segment in
      attempts.spoil(segment, at: 0, length: segment.byteCount, isWrite: isWrite)
    }
    request.end(.ok)
    return .accepted
  }
}

/// The same for a bio-based disk.
@BioDriver
struct SpoilBioDevice: BioDriver, ~Copyable {
  let attempts: Attempts

  init() throws(Errno) { attempts = try Attempts() }

  func submit(_ bio: consuming SubmittedBio) {
    let isWrite = bio.operation != .read
    bio.forEachPiece(from: bio.sector) { segment, piece in
      attempts.spoil(segment, at: piece.segmentOffset, length: piece.length, isWrite: isWrite)
    }
    bio.end(.ok)
  }
}
