// SPDX-License-Identifier: GPL-2.0-only
// apus_submissions: submits to a device everything that a driver can express, valid or not, and the
// I/O that a target or a disk on the device passes on.

import BlockMQ
import DeviceMapper
import Kernel
import Synchronization

@KernelModule(
  author: "The Apus authors", description: "Submits whatever can be said", version: "0.1.0",
  alias: "dm-apus-anywhere")
struct SubmissionsModule: KernelModule, ~Copyable {
  @Parameter("block", "Bytes of a block", in: 512...65536, writable: true)
  static var block: Int = 512
  @Parameter("zone", "Sectors of a zone", in: 0...1_073_741_824, writable: true)
  static var zone: Int = 0

  var counts = Counts()
  var relays: RigidArray<Disk<RelayDevice>>
  let requests: TargetRegistration<RequestsAnywhere>
  let bios: TargetRegistration<Anywhere>

  init() throws(Errno) {
    let first = try TargetRegistration<RequestsAnywhere>()
    let relays = try RigidArray<Disk<RelayDevice>>(capacity: 1, .kernel)
    bios = try TargetRegistration()
    requests = first
    self.relays = relays
  }

  @Command("probe", "A device is asked for everything")
  mutating func probe(_ text: borrowing CString) throws(Errno) {
    let device = try BlockDevice(path: text, isExclusive: false)
    var probe = try Probe(device, block: SubmissionsModule.block, zone: SubmissionsModule.zone)
    try probe.run()
    counts = probe.counts
  }

  @Command("readonly", "One that is opened to be read is asked for changes")
  mutating func readOnly(_ text: borrowing CString) throws(Errno) {
    let device = try BlockDevice(path: text, access: .read, isExclusive: false)
    var probe = try Probe(device, block: 512, zone: 0)
    try probe.changes()
    counts = probe.counts
  }

  @Command("relay", "apusrelay0 lies on this device")
  mutating func makeRelay(_ text: borrowing CString) throws(Errno) {
    try addRelay(BlockDevice(path: text, isExclusive: false))
  }

  @Command("relay_readonly", "apusrelay0 lies on this device, which it opens to be read")
  mutating func makeReader(_ text: borrowing CString) throws(Errno) {
    try addRelay(BlockDevice(path: text, access: .read, isExclusive: false))
  }

  private mutating func addRelay(_ lower: consuming BlockDevice) throws(Errno) {
    let capacity = lower.capacity
    let queue = try WorkQueue("apus_relay", .memoryReclaim | .unbound)
    let tags = try TagSet<RelayDevice>(hardwareQueues: 1, depth: 32, maySleep: true)
    var limits = DiskLimits()
    limits.maximumDiscard = Sector(8192)
    limits.maximumDiscardSegments = 8
    let driver = try RelayDevice(lower, on: queue)
    try relays.append(
      Disk(
        DiskName("apusrelay", 0), capacity: capacity, limits: limits, tagSet: tags, driver: driver))
  }

  @Command("place", "Where it begins there")
  mutating func place(_ text: borrowing CString) throws(Errno) {
    let number = try text.unsignedInteger()
    relays.forEach { disk in
      disk.driver.forwarder.handler.start.store(Int(truncatingIfNeeded: number), ordering: .relaxed)
    }
  }

  @Command("copies", "Whether it reads by bios of its own")
  mutating func copies(_ text: borrowing CString) throws(Errno) {
    let value = try text.boolean()
    relays.forEach { disk in disk.driver.forwarder.handler.copies.store(value, ordering: .relaxed) }
  }

  @Command("direct", "Whether it forwards where requests are queued")
  mutating func forwardDirectly(_ text: borrowing CString) throws(Errno) {
    let value = try text.boolean()
    relays.forEach { disk in disk.driver.forwarder.handler.isDirect.store(value, ordering: .relaxed)
    }
  }

  @Command("norelay", "It ends")
  mutating func endRelay(_ text: borrowing CString) throws(Errno) {
    _ = relays.removeFirst(where: { _ in true })
  }

  @Report("counts", "What became of the submissions")
  borrowing func report(_ writer: inout TextWriter) { counts.report(&writer) }
}
