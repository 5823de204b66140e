// SPDX-License-Identifier: GPL-2.0-only
// As with an attribute.
// EXPECT: '@My.Group' is not the library's
import Kernel

enum My {
  @propertyWrapper
  struct Group<Value: Sendable>: Sendable {
    var wrappedValue: Value
    init(wrappedValue: Value, _ text: StaticCString, writable: Bool = false) { self.wrappedValue = wrappedValue }
  }
}

extension Int {
  func show(_ writer: inout TextWriter) {}
}

@ConfigfsItem
struct Root: ConfigfsItem, ~Copyable {
  @My.Group("a") var level: Int = 1 // MISUSE
  let level = Setting<Int>(1) // TWIN
}
