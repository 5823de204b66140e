// SPDX-License-Identifier: GPL-2.0-only
// apus_null: null block devices, the module. Its devices are in DeviceList.swift, what one does is in NullDevice.swift.

import BlockMQ
import Kernel

/// The module: its parameters, and the disks it has made.
@KernelModule(author: "The Apus authors", description: "Null block devices in safe Swift", version: "0.1.0")
struct NullModule: KernelModule, ~Copyable {
  @Parameter("nr_devices", "Number of devices to make when the module is loaded", in: 0...64)
  static var deviceCount: Int = 1

  @Parameter("size", "Size of a device in MiB", in: 1...67_108_864)
  static var mebibytes: Int = 256_000

  @Parameter("bs", "Block size in bytes, a power of two", in: 512...4096)
  static var blockSize: Int = 512

  @Parameter("submit_queues", "Number of hardware queues of a device", in: 1...256)
  static var hardwareQueues: Int = 1

  @Parameter("hw_queue_depth", "Number of requests of a hardware queue", in: 1...10240)
  static var queueDepth: Int = 64

  @Parameter("memory_backed", "Keep what is written, in memory; otherwise it is discarded and reads give zeroes")
  static var isMemoryBacked: Bool = false

  @Parameter("discard", "Support discarding blocks, which gives their memory back (needs memory_backed)")
  static var supportsDiscard: Bool = false

  var devices: DeviceList

  init() throws(Errno) {
    if NullModule.supportsDiscard && !NullModule.isMemoryBacked {
      log(.warning, "discard is ignored without memory_backed")
    }
    var devices = try DeviceList()
    while devices.count < NullModule.deviceCount { try devices.add() }
    log(.info, "\(devices.count) devices")
    self.devices = devices
  }

  @Command("add", "Write anything: adds one more device")
  mutating func add(_ text: borrowing CString) throws(Errno) {
    try devices.add()
  }

  @Command("remove", "Write the number of a device: removes it, also while it is in use")
  mutating func remove(_ text: borrowing CString) throws(Errno) {
    try devices.remove(try text.integer())
  }

  @Report("devices", "The devices: name, size in sectors, pages of memory in use")
  borrowing func report(_ writer: inout TextWriter) {
    devices.report(&writer)
  }
}
