// SPDX-License-Identifier: GPL-2.0-only
// apus_selftest: a subsystem of configfs, which Tests/VM/configfs.sh works with.

import Kernel
import Synchronization

/// /sys/kernel/config/apus_selftest.
@ConfigurationItem
struct ConfigurationRoot: ConfigurationItem, ~Copyable {
  let alive: Shared<Atomic<Int>>

  /// How many items there are in memory.
  @Show("alive")
  func showAlive(_ writer: inout TextWriter) throws(Errno) {
    writer.append(alive.value.load(ordering: .relaxed))
    writer.append("\n")
  }
}

/// A directory that a user made.
@ConfigurationItem
struct ConfiguredThing: MadeConfigurationItem, ~Copyable {
  @Attribute("number", in: -5...5)
  let number = Setting<Int>(3)

  @Attribute("unsigned")
  let unsigned = Setting<UInt>(0)

  @Attribute("flag")
  let flag = Setting<Bool>(true)

  @Attribute("fixed", writable: false)
  let fixed = Setting<Int>(42)

  let power = Setting<Bool>(false)
  let alive: Shared<Atomic<Int>>

  init(name: borrowing CString, in root: borrowing ConfigurationRoot) throws(Errno) {
    if name.byte(at: 0) == UInt8(ascii: ".") { throw .invalidArgument }
    alive = root.alive.share()
    alive.value.wrappingAdd(1, ordering: .relaxed)
  }

  deinit { alive.value.wrappingSubtract(1, ordering: .relaxed) }

  /// As in null_blk: what is running is not changed.
  func willChange(_ attribute: Literal) throws(Errno) {
    if power.value { throw .busy }
  }

  @Show("power")
  func showPower(_ writer: inout TextWriter) throws(Errno) {
    power.value.write(to: &writer)
    writer.append("\n")
  }

  @Store("power")
  func storePower(_ text: borrowing CString) throws(Errno) { power.set(try text.boolean()) }

  @Store("trigger")
  func trigger(_ text: borrowing CString) throws(Errno) {
    if text.isEmpty { throw .noData }
    throw Errno(kernelResult: 0 &- CInt(truncatingIfNeeded: try text.integer()))
  }

  @Show("long")
  func showLong(_ writer: inout TextWriter) throws(Errno) {
    var line = 0
    while !writer.isCut {
      writer.append(line)
      writer.append(" is one of many lines\n")
      line &+= 1
    }
  }
}
