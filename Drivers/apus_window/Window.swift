// SPDX-License-Identifier: GPL-2.0-only
// apus_window: a directory below /sys/kernel/config/apus_window, which is a window when its power is on.

import BlockMQ
import Kernel
import Synchronization

/// What all windows have in common.
@ConfigurationItem
struct WindowRoot: ConfigurationItem, ~Copyable {
  /// Where requests are sent on: with a thread in reserve, since memory may be freed only when they end.
  let queue: WorkQueue
  let nextNumber = Atomic<Int>(0)

  @Show("features")
  func showFeatures(_ writer: inout TextWriter) throws(Errno) {
    writer.append("device,start,size,power\n")
  }
}

/// One window. A path written to `device` opens the lower device; `start` and `size` are sectors of 512 bytes; `power` makes the disk
/// (apuswindowN, N in `index`) and removes it. The device is closed with the disk, or with the directory.
@ConfigurationItem
struct Window: MadeConfigurationItem, ~Copyable {
  @Attribute("start")
  let start = Setting<UInt>(0)

  /// 0 for all that there is from the start on.
  @Attribute("size")
  let size = Setting<UInt>(0)

  @Attribute("index", writable: false)
  let index: Setting<Int>

  let isOn = Setting<Bool>(false)
  let state: Mutex<WindowState>
  let queue: WorkQueue

  init(name: borrowing CString, in root: borrowing WindowRoot) throws(Errno) {
    let state = try Mutex(WindowState(), .kernel)
    index = Setting<Int>(root.nextNumber.wrappingAdd(1, ordering: .relaxed).oldValue)
    self.state = state
    queue = root.queue.share()
  }

  func willChange(_ attribute: Literal) throws(Errno) {
    if isOn.value { throw .busy }
  }

  @Store("device")
  func storeDevice(_ text: borrowing CString) throws(Errno) {
    try state.withLock { state throws(Errno) in
      if state.disk != nil { throw .busy }
      // (One that is open already would be in its own way.)
      state.lower = nil
      state.lower = try BlockDevice(path: text)
    }
  }

  @Show("device")
  func showDevice(_ writer: inout TextWriter) throws(Errno) {
    writer.append(isOn.value ? "in use\n" : "\n")
  }

  @Show("power")
  func showPower(_ writer: inout TextWriter) throws(Errno) { writer.append(isOn.value ? "1\n" : "0\n") }

  @Store("power")
  func storePower(_ text: borrowing CString) throws(Errno) {
    let wanted = try text.boolean()
    let (start, size, number) = (Sector(UInt64(start.value)), Sector(UInt64(size.value)), index.value)
    try state.withLock { state throws(Errno) in
      if wanted {
        try state.begin(start, size, number, queue)
      } else {
        state.disk = nil
      }
      isOn.set(wanted)
    }
  }
}

/// What a window has: the device that it will lie on, or the disk that it is.
struct WindowState: ~Copyable {
  var lower: BlockDevice?
  var disk: Disk<WindowDevice>?

  /// Makes the disk.
  ///
  /// Throws: `busy` if there is one; `noSuchDevice` without a device; `invalidArgument` for a range that the device does not have;
  /// and then nothing has changed. What `Disk` throws; the device is closed then.
  mutating func begin(_ start: Sector, _ size: Sector, _ number: Int, _ queue: borrowing WorkQueue) throws(Errno) {
    if disk != nil { throw .busy }
    guard let device = lower.take() else { throw .noSuchDevice }
    let capacity = device.capacity
    let limits = device.limits(from: start)
    // In this order no difference is below 0.
    let room = start < capacity ? capacity.count &- start.count : 0
    let length = size.count == 0 ? room : size.count
    guard room > 0, length <= room, !limits.isZoned else {
      lower = consume device
      throw .invalidArgument
    }
    let tags = try TagSet<WindowDevice>(hardwareQueues: 1, depth: 128)
    disk = try Disk(
      DiskName("apuswindow", number), capacity: Sector(length), limits: DiskLimits(stackedOn: limits), tagSet: tags,
      driver: WindowDevice(device, from: start, on: queue))
  }
}
