// SPDX-License-Identifier: GPL-2.0-only
// apus_window: a directory in /sys/kernel/config/apus_window, which is a window while its power is
// on.

import BlockMQ
import Kernel
import Synchronization

/// The state that all windows share.
@ConfigfsItem
struct WindowRoot: ConfigfsItem, ~Copyable {
  let nextNumber = Atomic<Int>(0)

  @Show("features")
  func showFeatures(_ writer: inout TextWriter) throws(Errno) {
    writer.append("device,start,size,power\n")
  }
}

/// One window. `device` is the path of the lower device, which is opened when the disk is made.
/// `start` and `size` are in sectors of 512 bytes. `power` makes the disk (apuswindowN, N in
/// `index`) and removes it. While the power is on, the other attributes cannot be changed.
@ConfigfsItem
struct Window: CreatedConfigfsItem, ~Copyable {
  let device = TextSetting<255>()

  @Attribute("start")
  let start = Setting<UInt>(0)

  /// 0 means all sectors of the lower device from the start on.
  @Attribute("size")
  let size = Setting<UInt>(0)

  @Attribute("index", writable: false)
  let index: Setting<Int>

  let isOn = Setting<Bool>(false)
  let disk: Mutex<Disk<WindowDevice>?>

  init(name: borrowing CString, in root: borrowing WindowRoot) throws(Errno) {
    let disk = try Mutex<Disk<WindowDevice>?>(nil, .kernel)
    index = Setting<Int>(root.nextNumber.wrappingAdd(1, ordering: .relaxed).oldValue)
    self.disk = disk
  }

  func willChange(_ attribute: StaticCString) throws(Errno) {
    if isOn.value { throw .busy }
  }

  @Store("device")
  func storeDevice(_ text: borrowing CString, _ change: borrowing ConfigfsChange) throws(Errno) {
    let path = try device.parse(text)
    try disk.withLock { disk throws(Errno) in
      if disk != nil { throw .busy }
      // Opens the device now only to report immediately that it is missing or in use. `makeDisk`
      // opens it again.
      _ = try BlockDevice(path: path)
      device.set(path, change)
    }
  }

  @Show("device")
  func showDevice(_ writer: inout TextWriter) throws(Errno) {
    device.show(&writer)
    writer.append("\n")
  }

  @Show("power")
  func showPower(_ writer: inout TextWriter) throws(Errno) {
    writer.append(isOn.value ? "1\n" : "0\n")
  }

  @Store("power")
  func storePower(_ text: borrowing CString, _ change: borrowing ConfigfsChange) throws(Errno) {
    let wanted = try text.boolean()
    try disk.withLock { disk throws(Errno) in
      if wanted {
        if disk != nil { throw .busy }
        disk = try makeDisk()
      } else {
        disk = nil
      }
      isOn.set(wanted, change)
    }
  }

  /// Makes the disk.
  ///
  /// Throws: `noSuchDevice` without a device; `invalidArgument` for a range that the device does
  /// not have; the errors of `BlockDevice` and `Disk`.
  func makeDisk() throws(Errno) -> Disk<WindowDevice> {
    let path = device.value
    if path.isEmpty { throw .noSuchDevice }
    let lower = try BlockDevice(path: path)
    let (start, size) = (Sector(UInt64(start.value)), UInt64(size.value))
    // In this order no difference is negative.
    let room = start < lower.capacity ? lower.capacity.count &- start.count : 0
    let length = size == 0 ? room : size
    let limits = lower.limits(from: start)
    guard room > 0, length <= room, !limits.isZoned else { throw .invalidArgument }
    let tags = try TagSet<WindowDevice>(hardwareQueues: 1, depth: 128)
    // The queue has a rescuer thread, since memory reclaim may depend on these requests. Each
    // window has its own queue: a window may lie on another window, and the rescuer of a shared
    // queue could wait for itself.
    let queue = try WorkQueue("apus_window", .memoryReclaim | .unbound)
    return try Disk(
      DiskName("apuswindow", index.value), capacity: Sector(length),
      limits: DiskLimits(stackedOn: limits),
      tagSet: tags,
      driver: WindowDevice(lower, from: start, on: queue))
  }
}
