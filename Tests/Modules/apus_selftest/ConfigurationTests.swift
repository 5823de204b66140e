// SPDX-License-Identifier: GPL-2.0-only
// apus_selftest: a configfs subsystem that Tests/VM/kernel/configfs.sh uses.

import Kernel
import Synchronization

/// /sys/kernel/config/apus_selftest.
@ConfigfsItem
struct ConfigfsRoot: ConfigfsItem, ~Copyable {
  let alive: Shared<Atomic<Int>>

  /// A directory in which users make items, one level below the root.
  @Group("templates")
  let templates: ConfigfsGroup<Templates>

  init(alive: consuming Shared<Atomic<Int>>) throws(Errno) {
    let templates = try ConfigfsGroup(Templates(alive: alive.share()), making: Template.self)
    self.alive = alive
    self.templates = templates
  }

  /// The number of items in memory.
  @Show("alive")
  func showAlive(_ writer: inout TextWriter) throws(Errno) {
    writer.append(alive.value.load(ordering: .relaxed))
    writer.append("\n")
  }
}

/// /sys/kernel/config/apus_selftest/templates.
@ConfigfsItem
struct Templates: ConfigfsItem, ~Copyable {
  let alive: Shared<Atomic<Int>>

  @Attribute("purpose")
  let purpose = TextSetting<8>("test")

  /// How often `purpose` changed while an item was being made.
  let torn = Atomic<Int>(0)

  @Show("torn")
  func showTorn(_ writer: inout TextWriter) throws(Errno) {
    writer.append(torn.load(ordering: .relaxed))
    writer.append("\n")
  }
}

/// A directory that a user made in `templates`.
@ConfigfsItem
struct Template: CreatedConfigfsItem, ~Copyable {
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

/// The named values of an attribute.
enum Order: NamedValue {
  case first, last, shuffled

  static func entry(_ index: Int) -> (name: StaticCString, value: Order)? {
    if index == 0 { return ("first", .first) }
    if index == 1 { return ("last", .last) }
    if index == 2 { return ("well-shuffled", .shuffled) }
    return nil
  }
}

/// A default group of an item that a user made. It has a default group itself.
@ConfigfsItem
struct Limits: ConfigfsItem, ~Copyable {
  let alive: Shared<Atomic<Int>>

  @Attribute("largest", in: 1...1 << 40)
  let largest = Setting<Int>(512)

  @Group("inner")
  let inner: ConfigfsGroup<InnerLimits>

  /// A sum over this group and the inner one. It changes whenever one of the values changes.
  var sum: Int { largest.value &+ 1000 &* Int(inner.item.smallest.value) }

  init(alive: consuming Shared<Atomic<Int>>) throws(Errno) {
    let inner = try ConfigfsGroup(InnerLimits())
    alive.value.wrappingAdd(1, ordering: .relaxed)
    self.alive = alive
    self.inner = inner
  }

  deinit { alive.value.wrappingSubtract(1, ordering: .relaxed) }
}

/// The inner group.
@ConfigfsItem
struct InnerLimits: ConfigfsItem, ~Copyable {
  @Attribute("smallest")
  let smallest = Setting<UInt8>(1)
}

/// A directory that a user made.
@ConfigfsItem
struct ConfiguredThing: CreatedConfigfsItem, ~Copyable {
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
  let limits: ConfigfsGroup<Limits>

  @Group("a-group-with-a-name-that-takes-memory")
  let faults: FaultInjection

  let power = Setting<Bool>(false)
  let alive: Shared<Atomic<Int>>

  init(name: borrowing CString, in root: borrowing ConfigfsRoot) throws(Errno) {
    if name.byte(at: 0) == UInt8(ascii: ".") { throw .invalidArgument }
    let limits = try ConfigfsGroup(Limits(alive: root.alive.share()))
    let faults = try FaultInjection(Selftest.fault)
    alive = root.alive.share()
    alive.value.wrappingAdd(1, ordering: .relaxed)
    self.limits = limits
    self.faults = faults
  }

  deinit { alive.value.wrappingSubtract(1, ordering: .relaxed) }

  /// Refuses a change while the power is on, as null_blk does.
  func willChange(_ attribute: StaticCString) throws(Errno) {
    if power.value { throw .busy }
  }

  @Show("power")
  func showPower(_ writer: inout TextWriter) throws(Errno) {
    power.value.write(to: &writer)
    writer.append("\n")
  }

  @Store("power")
  func storePower(_ text: borrowing CString, _ change: borrowing ConfigfsChange) throws(Errno) {
    power.set(try text.boolean(), change)
  }

  @Store("trigger")
  func trigger(_ text: borrowing CString) throws(Errno) {
    if text.isEmpty { throw .noData }
    throw Errno(kernelResult: 0 &- CInt(truncatingIfNeeded: try text.integer()))
  }

  /// How many of 10 calls inject a fault.
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

  /// A range of numbers, such as "+1-5", the format of null_blk's bad blocks.
  @Store("span", when: pageSize > 0)
  func storeSpan(_ text: borrowing CString, _ change: borrowing ConfigfsChange) throws(Errno) {
    guard text.byte(at: 0) == UInt8(ascii: "+"),
      let dash = text.firstIndex(of: UInt8(ascii: "-"), from: 1)
    else {
      throw .invalidArgument
    }
    extent.set(
      try text.unsignedInteger(from: dash &+ 1) &- text.unsignedInteger(from: 1, to: dash), change)
  }

  @Show("span", when: pageSize > 0)
  func showSpan(_ writer: inout TextWriter) throws(Errno) {
    writer.append(extent.value)
    writer.append("\n")
  }

  let extent = Setting<UInt64>(0)

  /// How often `hold` saw a value change.
  let torn = Atomic<Int>(0)

  /// Takes some milliseconds. Counts whether a value that stores set has changed meanwhile, in this
  /// item or in one of its default groups.
  @Store("hold")
  func hold(_ text: borrowing CString) throws(Errno) {
    let time = Nanoseconds.milliseconds(try text.integer())
    let numberBefore = number.value
    let limitsBefore = limits.item.sum
    let labelBefore = label.value
    let orderBefore = order.value
    sleep(for: time)
    let limitsAfter = limits.item.sum
    if numberBefore != number.value || limitsBefore != limitsAfter
      || !labelBefore.equals(label.value)
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

  /// A sum that each store reads and increases. Serialized stores lose no update.
  let sum = Setting<Int>(0)

  @Store("sum")
  func addToSum(_ text: borrowing CString, _ change: borrowing ConfigfsChange) throws(Errno) {
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
