// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: two parameters are named 'fast'
import Kernel

@KernelModule(author: "Somebody", description: "Nothing", version: "1")
struct Probe: KernelModule, ~Copyable {
  @Parameter("fast", "Fast")
  static var fast: Bool = false

  @Parameter("fast", "Sure") // MISUSE
  @Parameter("sure", "Sure") // TWIN
  static var sure: Bool = false

  init() throws(Errno) {}
}
