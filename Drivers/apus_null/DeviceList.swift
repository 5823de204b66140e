// SPDX-License-Identifier: GPL-2.0-only
// apus_null: the devices that the module itself created. Users create others in configfs.

import BlockMQ
import Kernel

/// The module's devices. Each device ends, and its disk is removed, when it is removed from the
/// list or when the list ends.
struct DeviceList: ~Copyable {
  private var devices = List<NullDisk>()
  private let globals: Shared<Globals>

  init(_ globals: borrowing Shared<Globals>) { self.globals = globals.share() }

  var count: Int { devices.count }

  /// Adds a disk as the parameters describe it, with the lowest free number.
  mutating func add() throws(Errno) {
    var configuration = NullConfiguration()
    try configuration.validate()
    let disk = try NullDisk(configuration, Contents(), name: nil, globals, NullFaults())
    try devices.append(disk, .kernel)
  }

  /// Removes the disk with a number, and waits for its requests in flight.
  mutating func remove(_ index: Int) throws(Errno) {
    guard devices.removeFirst(where: { disk in Int(disk.index) == index }) != nil else {
      throw .noSuchDevice
    }
  }

  /// Writes a line for each disk.
  borrowing func report(_ writer: inout TextWriter) {
    devices.forEach { disk in
      writer.append(disk.name)
      writer.append(" sectors=")
      writer.append(disk.capacity.count)
      writer.append(" pages=")
      writer.append(disk.pageCount)
      writer.append("\n")
    }
  }
}
