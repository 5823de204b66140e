// SPDX-License-Identifier: GPL-2.0-only
// A property wrapper that is called as the mark is, with a name that the mark's macro has not
// looked at: it would close the
// macro's call, and open another. Here the second reads memory behind the macro's `unsafe`.
// EXPECT: '@My.Attribute' is not the library's
import Kernel

enum My {
  @propertyWrapper
  struct Attribute<Value: Sendable>: Sendable {
    var wrappedValue: Value
    init(wrappedValue: Value, _ text: StaticCString, writable: Bool = false) { self.wrappedValue = wrappedValue }
  }
}

extension Int {
  func show(_ writer: inout TextWriter) {}
}

@ConfigfsItem
struct Root: ConfigfsItem, ~Copyable {
  @My.Attribute("a\", show: nil, store: Root.no(UnsafePointer<Int>(bitPattern: 0xdead000)?.pointee)); unsafe type.add(\"b", writable: false) var level: Int = 1 // MISUSE
  let level = Setting<Int>(1) // TWIN

  static func no(_ number: Int?) -> (@convention(c) (OpaquePointer?, UnsafePointer<CChar>?, Int) -> Int)? { nil }
}
