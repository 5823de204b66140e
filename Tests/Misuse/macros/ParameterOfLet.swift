// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: a parameter is a 'static var' with a type and an initial value
// EXPECT: did not produce a non-observing accessor
import Kernel

@KernelModule(author: "Somebody", description: "Nothing", version: "1")
struct Probe: KernelModule, ~Copyable {
  @Parameter("fast", "Fast")
  static let fast: Bool = false // MISUSE
  static var fast: Bool = false // TWIN

  init() throws(Errno) {}
}
