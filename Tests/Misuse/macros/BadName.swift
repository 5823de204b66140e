// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'queue-depth' cannot be a parameter's name
// EXPECT: did not produce a non-observing accessor
import Kernel

@KernelModule(author: "Somebody", description: "Nothing", version: "1")
struct Probe: KernelModule, ~Copyable {
  @Parameter("queue-depth", "Depth", in: 1...64) // MISUSE
  @Parameter("queue_depth", "Depth", in: 1...64) // TWIN
  static var depth: Int = 8

  init() throws(Errno) {}
}
