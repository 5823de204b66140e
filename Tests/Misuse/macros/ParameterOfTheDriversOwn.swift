// SPDX-License-Identifier: GPL-2.0-only
// As with an attribute.
// EXPECT: '@My.Parameter' is not the library's
import Kernel

enum My {
  @propertyWrapper
  struct Parameter<Value: Sendable>: Sendable {
    var wrappedValue: Value
    init(wrappedValue: Value, _ text: StaticCString, _ help: StaticCString) { self.wrappedValue = wrappedValue }
  }
}

extension Int {
  func show(_ writer: inout TextWriter) {}
}

@KernelModule(author: "a", description: "b", version: "c")
struct Probe: KernelModule, ~Copyable {
  @My.Parameter("depth", "Depth") var depth: Int = 1 // MISUSE
  let depth: Int = 1 // TWIN

  init() throws(Errno) {}
}
