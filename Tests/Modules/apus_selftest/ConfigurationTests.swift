// SPDX-License-Identifier: GPL-2.0-only
// apus_selftest: a subsystem of configfs, which Tests/VM/configfs.sh works with.

import Kernel
import Synchronization

/// /sys/kernel/config/apus_selftest.
@ConfigurationItem
struct ConfigurationRoot: ConfigurationItem, ~Copyable {
  let alive: Shared<Atomic<Int>>

  /// A directory in which users make others, one level below the root.
  @Group("templates")
  let templates: ConfigurationGroup<Templates>

  init(alive: consuming Shared<Atomic<Int>>) throws(Errno) {
    let templates = try ConfigurationGroup(Templates(alive: alive.share()), making: Template.self)
    self.alive = alive
    self.templates = templates
  }

  /// How many items there are in memory.
  @Show("alive")
  func showAlive(_ writer: inout TextWriter) throws(Errno) {
    writer.append(alive.value.load(ordering: .relaxed))
    writer.append("\n")
  }
}

/// /sys/kernel/config/apus_selftest/templates.
@ConfigurationItem
struct Templates: ConfigurationItem, ~Copyable {
  let alive: Shared<Atomic<Int>>

  @Attribute("purpose")
  let purpose = TextSetting<8>("test")

  /// How often that changed while an item was being made.
  let torn = Atomic<Int>(0)

  @Show("torn")
  func showTorn(_ writer: inout TextWriter) throws(Errno) {
    writer.append(torn.load(ordering: .relaxed))
    writer.append("\n")
  }
}

/// A directory that a user made in there.
@ConfigurationItem
struct Template: MadeConfigurationItem, ~Copyable {
  let alive: Shared<Atomic<Int>>

  @Attribute("value")
  let value = Setting<UInt32>(1)

  init(name: borrowing CString, in root: borrowing Templates) throws(Errno) {
    if name.byte(at: 0) == UInt8(ascii: "s") {
      let purpose = root.purpose.value
      sleep(for: .milliseconds(2))
      if !purpose.equals(root.purpose.value) { root.torn.wrappingAdd(1, ordering: .relaxed) }
    }
    alive = root.alive.share()
    alive.value.wrappingAdd(1, ordering: .relaxed)
  }

  deinit { alive.value.wrappingSubtract(1, ordering: .relaxed) }
}

/// A value of an attribute that has a name.
enum Order: NamedValue {
  case first, last, shuffled

  static func entry(_ index: Int) -> (name: Literal, value: Order)? {
    if index == 0 { return ("first", .first) }
    if index == 1 { return ("last", .last) }
    if index == 2 { return ("well-shuffled", .shuffled) }
    return nil
  }
}

/// A directory that comes with one that a user made, and has one itself.
@ConfigurationItem
struct Limits: ConfigurationItem, ~Copyable {
  let alive: Shared<Atomic<Int>>

  @Attribute("largest", in: 1...1 << 40)
  let largest = Setting<Int>(512)

  @Group("inner")
  let inner: ConfigurationGroup<InnerLimits>

  /// Of this group and the one within; other values have another sum.
  var sum: Int { largest.value &+ 1000 &* Int(inner.item.smallest.value) }

  init(alive: consuming Shared<Atomic<Int>>) throws(Errno) {
    let inner = try ConfigurationGroup(InnerLimits())
    alive.value.wrappingAdd(1, ordering: .relaxed)
    self.alive = alive
    self.inner = inner
  }

  deinit { alive.value.wrappingSubtract(1, ordering: .relaxed) }
}

/// The one within.
@ConfigurationItem
struct InnerLimits: ConfigurationItem, ~Copyable {
  @Attribute("smallest")
  let smallest = Setting<UInt8>(1)
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

  @Attribute("i8") let int8 = Setting<Int8>(0)
  @Attribute("i16") let int16 = Setting<Int16>(0)
  @Attribute("i32") let int32 = Setting<Int32>(0)
  @Attribute("i64") let int64 = Setting<Int64>(0)
  @Attribute("u8") let uint8 = Setting<UInt8>(0)
  @Attribute("u16") let uint16 = Setting<UInt16>(0)
  @Attribute("u32", in: 2...4_000_000_000) let uint32 = Setting<UInt32>(2)
  @Attribute("u64", in: 1...UInt64.max &- 15) let uint64 = Setting<UInt64>(1)

  @Attribute("order")
  let order = NamedSetting(Order.last)

  @Attribute("label")
  let label = TextSetting<12>()

  @Attribute("always", when: pageSize > 0)
  let always = Setting<Bool>(true)

  @Attribute("never", when: pageSize == 0)
  let never = Setting<Bool>(true)

  @Group("limits")
  let limits: ConfigurationGroup<Limits>

  @Group("a-group-with-a-name-that-takes-memory")
  let faults: FaultInjection

  let power = Setting<Bool>(false)
  let alive: Shared<Atomic<Int>>

  init(name: borrowing CString, in root: borrowing ConfigurationRoot) throws(Errno) {
    if name.byte(at: 0) == UInt8(ascii: ".") { throw .invalidArgument }
    let limits = try ConfigurationGroup(Limits(alive: root.alive.share()))
    let faults = try FaultInjection(Selftest.fault)
    alive = root.alive.share()
    alive.value.wrappingAdd(1, ordering: .relaxed)
    self.limits = limits
    self.faults = faults
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
  func storePower(_ text: borrowing CString, _ change: borrowing ConfigurationChange) throws(Errno) {
    power.set(try text.boolean(), change)
  }

  @Store("trigger")
  func trigger(_ text: borrowing CString) throws(Errno) {
    if text.isEmpty { throw .noData }
    throw Errno(kernelResult: 0 &- CInt(truncatingIfNeeded: try text.integer()))
  }

  /// How often of 10 times a fault is injected.
  @Show("failures")
  func showFailures(_ writer: inout TextWriter) throws(Errno) {
    var failures = 0
    var count = 0
    while count < 10 {
      if faults.shouldFail() { failures &+= 1 }
      count &+= 1
    }
    writer.append(failures)
    writer.append("\n")
  }

  /// A range of numbers, "+1-5", as null_blk's bad blocks are set.
  @Store("span", when: pageSize > 0)
  func storeSpan(_ text: borrowing CString, _ change: borrowing ConfigurationChange) throws(Errno) {
    guard text.byte(at: 0) == UInt8(ascii: "+"), let dash = text.firstIndex(of: UInt8(ascii: "-"), from: 1) else {
      throw .invalidArgument
    }
    extent.set(try text.unsignedInteger(from: dash &+ 1) &- text.unsignedInteger(from: 1, to: dash), change)
  }

  @Show("span", when: pageSize > 0)
  func showSpan(_ writer: inout TextWriter) throws(Errno) {
    writer.append(extent.value)
    writer.append("\n")
  }

  let extent = Setting<UInt64>(0)

  /// What stores have seen of one another.
  let torn = Atomic<Int>(0)

  /// Takes some milliseconds, and counts if anything that stores set has changed meanwhile, here or
  /// in a group that came with this.
  @Store("hold")
  func hold(_ text: borrowing CString) throws(Errno) {
    let time = Nanoseconds.milliseconds(try text.integer())
    let numberBefore = number.value
    let limitsBefore = limits.item.sum
    let labelBefore = label.value
    let orderBefore = order.value
    sleep(for: time)
    let limitsAfter = limits.item.sum
    if numberBefore != number.value || limitsBefore != limitsAfter || !labelBefore.equals(label.value)
      || orderBefore != order.value
    {
      torn.wrappingAdd(1, ordering: .relaxed)
    }
  }

  @Show("torn")
  func showTorn(_ writer: inout TextWriter) throws(Errno) {
    writer.append(torn.load(ordering: .relaxed))
    writer.append("\n")
  }

  /// A sum that each store reads, and sets to one more: two lose none.
  let sum = Setting<Int>(0)

  @Store("sum")
  func addToSum(_ text: borrowing CString, _ change: borrowing ConfigurationChange) throws(Errno) {
    let before = sum.value
    sleep(for: .microseconds(200))
    sum.set(before &+ (try text.integer()), change)
  }

  @Show("sum")
  func showSum(_ writer: inout TextWriter) throws(Errno) {
    sum.show(&writer)
    writer.append("\n")
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
