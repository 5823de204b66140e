// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
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
