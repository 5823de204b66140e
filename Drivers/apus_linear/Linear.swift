// SPDX-License-Identifier: GPL-2.0-only
// apus_linear: a target that maps a range of another device. Copy this folder to begin a target of
// your own.

import DeviceMapper
import Kernel

@KernelModule(
  author: "The Apus authors", description: "A linear target, in safe Swift", version: "0.1.0",
  alias: "dm-apus-linear")
struct LinearModule: KernelModule, ~Copyable {
  let registration: TargetRegistration<Linear>

  init() throws(Errno) { registration = try TargetRegistration() }
}

/// `apus-linear DEVICE START`
@DeviceMapperTarget(
  "apus-linear", version: (1, 4, 0),
  features: .passesIntegrity | .noWait | .zoned | .passesEncryption)
struct Linear: Target, ~Copyable {
  let device: UnderlyingDevice
  let start: Sector

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
    guard arguments.count == 2 else { throw .invalid("Invalid argument count") }
    let start = try arguments.sector(at: 1, "Invalid device sector")
    device = try target.open(arguments, at: 0, "Device lookup failed")
    self.start = start
    target.setFlushBios(1)
    target.setDiscardBios(1)
    target.setSecureEraseBios(1)
    target.setWriteZeroesBios(1)
    target.setFlushBypassesMap()
  }

  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> {
    let sector = place(bio.targetSector)
    return .remapped(bio.remapped(to: device, at: sector))
  }

  func status(
    _ request: StatusRequest, to writer: inout TextWriter, in target: borrowing TargetContext
  ) {
    switch request.kind {
    case .information: break
    case .table:
      writer.append(device)
      writer.append(" ")
      writer.append(start)
    default:
      writer.appendNameAndVersion(of: target)
      writer.append(",device_name=")
      writer.append(device)
      writer.append(",start=")
      writer.append(start)
      writer.append(";")
    }
  }

  func prepareIoctl(_ route: borrowing IoctlRoute, in target: borrowing TargetContext) throws(Errno)
  {
    route.pass(to: device, isWhole: start.count == 0 && target.length == device.capacity)
  }

  func reportZones(_ report: borrowing ZoneReport, in target: borrowing TargetContext) throws(Errno)
  {
    try report.forward(
      to: device, start: start, from: place(Sector(report.next.count &- target.begin.count)))
  }

  func visitDevices(_ visitor: borrowing DeviceVisitor, in target: borrowing TargetContext) {
    visitor.visit(device, from: start, length: target.length)
  }

  func mapDirectAccess(_ access: borrowing DirectAccess, in target: borrowing TargetContext) {
    access.pass(to: device, at: place(access.targetSector))
  }

  /// The sector of the device that a sector of the target maps to.
  func place(_ sector: Sector) -> Sector { Sector(start.count &+ sector.count) }
}
