// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: only an integer parameter has a range
// EXPECT: did not produce a non-observing accessor
import Kernel

@KernelModule(author: "Somebody", description: "Nothing", version: "1")
struct Probe: KernelModule, ~Copyable {
  @Parameter("fast", "Fast", in: 0...1) // MISUSE
  @Parameter("fast", "Fast") // TWIN
  static var fast: Bool = false

  init() throws(Errno) {}
}
