// SPDX-License-Identifier: GPL-2.0-only
// apus_faults: the module. A disk for each fault, with its number: apusfault0 and so on.

import BlockMQ
import Kernel

@KernelModule(
  author: "The Apus authors", description: "Block devices that drop, refuse and hold their requests", version: "0.1.0")
struct FaultsModule: KernelModule, ~Copyable {
  var disks: RigidArray<Disk<FaultyDevice>>

  @Parameter("circle", "Make a disk that nothing ends, to see what unloading does")
  static var makesCircle: Bool = false

  init() throws(Errno) {
    if FaultsModule.makesCircle { try Circle.make() }
    var disks = try RigidArray<Disk<FaultyDevice>>(capacity: 16, .kernel)
    while let fault = Fault(rawValue: disks.count) {
      let tagSet = try TagSet<FaultyDevice>(hardwareQueues: 2, depth: 16, requestTimeout: 3000)
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

  @Command("own_end", "Write work or thread: one ends in its own handler")
  mutating func ownEnd(_ text: borrowing CString) throws(Errno) {
    if text.isLine("work") { return try OwnWork.end() }
    if text.isLine("thread") { return try OwnThread.end() }
    throw .invalidArgument
  }

  @Command("remove", "Write the number of a disk: takes it away, whatever its driver holds")
  mutating func remove(_ text: borrowing CString) throws(Errno) {
    let number = try text.integer()
    guard let disk = disks.removeFirst(where: { disk in disk.driver.fault.rawValue == number }) else {
      throw .noSuchDevice
    }
    let queue = disk.requestQueue()
    _ = consume disk
    useAfterTheDisk(queue)
  }

  /// Whatever can be asked of a queue whose disk, driver and tag set are gone.
  func useAfterTheDisk(_ queue: consuming RequestQueue) {
    let another = queue.share()
    _ = consume queue
    let third = another.share()
    third.run()
    third.run(afterMilliseconds: 100)
    third.stopHardwareQueues()
    third.startHardwareQueues()
    third.withQuiesced { third.kickRequeueList() }
    third.withFrozen { third.run() }
    third.kickRequeueList(afterMilliseconds: 100)
  }

  @Command("resubmit", "Write a device's path: a bio to it is submitted anew wherever it ends")
  mutating func resubmit(_ text: borrowing CString) throws(Errno) { try Resubmissions.run(text) }

  @Report("counts", "For each disk: requests offered, carried out, failed, refused")
  borrowing func report(_ writer: inout TextWriter) {
    disks.forEach { disk in disk.driver.report(&writer) }
  }
}
