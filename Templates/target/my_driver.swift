// SPDX-License-Identifier: GPL-2.0-only
// my_driver: a device-mapper target that is a range of another device.

import DeviceMapper
import Kernel

@KernelModule(
  author: "You", description: "A range of a device", version: "0.1.0", alias: "dm-my_driver")
struct DriverModule: KernelModule, ~Copyable {
  let registration: TargetRegistration<Range>

  init() throws(Errno) { registration = try TargetRegistration() }
}

/// A table's line names the device and the first sector there: `0 2048 my_driver /dev/sdb 4096`.
@DeviceMapperTarget("my_driver", version: (0, 1, 0))
struct Range: Target, ~Copyable {
  let device: UnderlyingDevice
  let start: Sector

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
    guard arguments.count == 2 else { throw .invalid("A device and its first sector are needed") }
    let start = try arguments.sector(at: 1, "Invalid first sector")
    device = try target.open(arguments, at: 0, "The device cannot be opened")
    self.start = start
    target.setFlushBios(1)
  }

  /// Device mapper calls this for each bio, on several CPUs concurrently.
  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> {
    let sector = Sector(start.count &+ bio.targetSector.count)
    return .remapped(bio.remapped(to: device, at: sector))
  }

  /// The mapped device takes its limits from the device.
  func visitDevices(_ visitor: borrowing DeviceVisitor, in target: borrowing TargetContext) {
    visitor.visit(device, from: start, length: target.length)
  }

  /// What `dmsetup table` prints behind the target's name.
  func status(
    _ request: StatusRequest, to writer: inout TextWriter, in target: borrowing TargetContext
  ) {
    guard request.kind == .table else { return }
    writer.append(device)
    writer.append(" ")
    writer.append(start)
  }
}
