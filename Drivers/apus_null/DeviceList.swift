// SPDX-License-Identifier: GPL-2.0-only
// apus_null: the devices that there are, by number.

import BlockMQ
import Kernel

/// The module's devices. Each ends, and its disk goes away, when it is removed or when the list ends.
struct DeviceList: ~Copyable {
  /// A disk and its number.
  struct Device: ~Copyable {
    let index: Int
    let disk: Disk<NullDevice>
  }

  private var devices: RigidArray<Device>

  init() throws(Errno) {
    devices = try RigidArray(capacity: 64, .kernel)
  }

  var count: Int { devices.count }

  /// Adds a disk, as the parameters say, under the lowest free number.
  mutating func add() throws(Errno) {
    guard !devices.isFull else { throw .noSpaceLeft }
    guard let capacity = Sector(mebibytes: NullModule.mebibytes) else { throw .invalidArgument }
    let isMemoryBacked = NullModule.isMemoryBacked
    let limits = DiskLimits(
      logicalBlockSize: NullModule.blockSize,
      maximumDiscard: isMemoryBacked && NullModule.supportsDiscard ? Sector(UInt64(UInt32.max >> 9)) : nil)
    // Memory for what is written is waited for, so a memory-backed device may sleep.
    let tagSet = try TagSet<NullDevice>(
      hardwareQueues: NullModule.hardwareQueues, depth: NullModule.queueDepth, maySleep: isMemoryBacked)
    let index = freeIndex()
    let disk = try Disk(
      DiskName("apusnull", index), capacity: capacity, limits: limits, tagSet: tagSet,
      driver: NullDevice(isMemoryBacked: isMemoryBacked))
    try devices.append(Device(index: index, disk: disk))
  }

  /// Removes the disk with a number; requests in flight are waited for.
  mutating func remove(_ index: Int) throws(Errno) {
    guard devices.removeFirst(where: { device in device.index == index }) != nil else { throw .noSuchDevice }
  }

  /// The lowest number that no disk has.
  private borrowing func freeIndex() -> Int {
    var index = 0
    while has(index) { index &+= 1 }
    return index
  }

  private borrowing func has(_ index: Int) -> Bool {
    var found = false
    devices.forEach { device in found = found || device.index == index }
    return found
  }

  /// Writes a line for each disk.
  borrowing func report(_ writer: inout TextWriter) {
    devices.forEach { device in
      writer.append("apusnull")
      writer.append(device.index)
      writer.append(" sectors=")
      writer.append(device.disk.capacity.count)
      writer.append(" pages=")
      writer.append(device.disk.driver.pageCount)
      writer.append("\n")
    }
  }
}
