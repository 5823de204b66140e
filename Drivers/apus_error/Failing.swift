// SPDX-License-Identifier: GPL-2.0-only
// apus_error: a target on which all I/O fails. If the table gives a device and a sector, the target
// has the limits of that device.

import DeviceMapper
import Kernel

@KernelModule(
  author: "The Apus authors", description: "A target that fails, in safe Swift", version: "0.1.0",
  alias: "dm-apus-error")
struct ErrorModule: KernelModule, ~Copyable {
  let registration: TargetRegistration<Failing>

  init() throws(Errno) { registration = try TargetRegistration() }
}

/// `apus-error [DEVICE START]`
@DeviceMapperTarget(
  "apus-error", version: (1, 7, 0), features: .wildcard | .zoned | .passesIntegrity)
struct Failing: Target, ~Copyable {
  let device: UnderlyingDevice?
  let start: Sector

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
    if arguments.count == 2 {
      let start = try arguments.sector(at: 1, "Invalid device sector")
      device = try target.open(arguments, at: 0, "Device lookup failed")
      self.start = start
    } else {
      device = nil
      start = Sector(0)
    }
    // Discards are accepted, so that they fail like other I/O and are not refused as unsupported.
    target.setDiscardBios(1)
    target.setDiscardsSupported()
  }

  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> {
    .kill(bio)
  }

  func mapRequest(_ request: borrowing MappedRequest, in target: borrowing TargetContext)
    -> MapRequestResult
  { .kill }

  func reportZones(_ report: borrowing ZoneReport, in target: borrowing TargetContext) throws(Errno)
  {
    switch device {
    case .some(let device):
      let sector = Sector(start.count &+ report.next.count &- target.begin.count)
      try report.forward(to: device, start: start, from: sector)
    case .none: throw .ioError
    }
  }

  func visitDevices(_ visitor: borrowing DeviceVisitor, in target: borrowing TargetContext) {
    switch device {
    case .some(let device): visitor.visit(device, from: start, length: target.length)
    case .none: break
    }
  }

  func mapDirectAccess(_ access: borrowing DirectAccess, in target: borrowing TargetContext)
    throws(Errno)
  {
    throw .ioError
  }

  func adjustLimits(_ limits: borrowing TargetLimits, in target: borrowing TargetContext) {
    limits.setDiscard(largest: Sector(UInt64(UInt32.max)), granularity: 512)
  }
}
