// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: drivers may not say '__parameter_depth'
import Kernel

@KernelModule(author: "a", description: "b", version: "c")
struct Probe: KernelModule, ~Copyable {
  @Parameter("depth", "Depth", in: 1...64)
  static var depth: Int = 8

  init() throws(Errno) {
    Probe.__parameter_depth = 100 // MISUSE
    log(.info, "depth \(Probe.depth)") // TWIN
  }
}
