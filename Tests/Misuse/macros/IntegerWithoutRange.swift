// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: an integer parameter needs the range that it may be set to
// EXPECT: did not produce a non-observing accessor
import Kernel

@KernelModule(author: "Somebody", description: "Nothing", version: "1")
struct Probe: KernelModule, ~Copyable {
  @Parameter("depth", "Depth") // MISUSE
  @Parameter("depth", "Depth", in: 1...64) // TWIN
  static var depth: Int = 8

  init() throws(Errno) {}
}
