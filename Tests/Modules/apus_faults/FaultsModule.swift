// SPDX-License-Identifier: GPL-2.0-only
// apus_faults: the module. A disk for each fault, with its number: apusfault0 and so on.

import BlockMQ
import Kernel

@KernelModule(
  author: "The Apus authors", description: "Block devices that drop, refuse and hold their requests", version: "0.1.0")
struct FaultsModule: KernelModule, ~Copyable {
  var disks: RigidArray<Disk<FaultyDevice>>

  init() throws(Errno) {
    var disks = try RigidArray<Disk<FaultyDevice>>(capacity: 8, .kernel)
    while let fault = Fault(rawValue: disks.count) {
      let tagSet = try TagSet<FaultyDevice>(hardwareQueues: 2, depth: 16)
      try disks.append(
        Disk(
          DiskName("apusfault", fault.rawValue), capacity: Sector(131_072), limits: DiskLimits(), tagSet: tagSet,
          driver: FaultyDevice(fault)))
    }
    self.disks = disks
  }

  @Command("arm", "Write anything: the faults begin")
  mutating func arm(_ text: borrowing CString) throws(Errno) {
    disks.forEach { disk in disk.driver.arm() }
  }

  @Command("disarm", "Write anything: the faults end")
  mutating func disarm(_ text: borrowing CString) throws(Errno) {
    disks.forEach { disk in disk.driver.disarm() }
  }

  @Command("release", "Write anything: what is held ends")
  mutating func release(_ text: borrowing CString) throws(Errno) {
    disks.forEach { disk in disk.driver.release() }
  }

  @Report("counts", "For each disk: requests offered, carried out, failed, refused")
  borrowing func report(_ writer: inout TextWriter) {
    disks.forEach { disk in disk.driver.report(&writer) }
  }
}
