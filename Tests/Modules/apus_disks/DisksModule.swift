// SPDX-License-Identifier: GPL-2.0-only
// apus_disks: the module. apusdisk0 has every limit, and operations of the disk itself.

import BlockMQ
import Kernel

@KernelModule(
  author: "The Apus authors", description: "Disks with limits, operations and zones", version: "0.1.0")
struct DisksModule: KernelModule, ~Copyable {
  @Parameter("wrong", "Make a disk with this limit wrong, counted from 1", in: 0...100)
  static var wrong: Int = 0

  @Parameter("virtual_boundary", "Whether apusdisk0 has a virtual boundary, and so no largest segment")
  static var hasVirtualBoundary: Bool = false

  var first: Disk<PlainDisk>?
  var named: Disk<PlainDisk>?

  init() throws(Errno) {
    let (limits, capacity) = Limits.wrong(DisksModule.wrong)
    var first: Disk<PlainDisk>? = try Disk(
      DiskName("apusdisk", 0), capacity: capacity, limits: limits,
      tagSet: TagSet<PlainDisk>(hardwareQueues: 1, depth: 32), driver: PlainDisk())
    self.first = first.take()
    named = nil
  }

  @Command("resize", "Write a number of sectors: the size of apusdisk0 from here on")
  mutating func resize(_ text: borrowing CString) throws(Errno) {
    try first?.resize(to: Sector(UInt64(truncatingIfNeeded: try text.integer())))
  }

  @Command("read_only", "Write yes or no: whether apusdisk0 is read-only")
  mutating func setReadOnly(_ text: borrowing CString) throws(Errno) {
    first?.setReadOnly(try text.boolean())
  }

  @Command(
    "name", "Write a name: makes a read-only, removable disk of that name without partitions, in place of the last one")
  mutating func name(_ text: borrowing CString) throws(Errno) {
    named = nil
    let name = try DiskName(text)
    named = try Disk(
      name, capacity: Sector(2048), limits: DiskLimits(), flags: .removable | .withoutPartitions | .readOnly,
      tagSet: TagSet<PlainDisk>(hardwareQueues: 1, depth: 4), driver: PlainDisk())
  }

  @Report("state", "Size of apusdisk0 in sectors, and whether it is read-only")
  borrowing func report(_ writer: inout TextWriter) {
    switch first {
    case .some(let disk):
      writer.append("capacity=")
      writer.append(Int(truncatingIfNeeded: disk.capacity.count))
      writer.append(disk.isReadOnly ? " read-only\n" : " writable\n")
    case .none: break
    }
  }
}
