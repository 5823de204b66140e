// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: the range is written out here
// EXPECT: did not produce a non-observing accessor
import Kernel

@KernelModule(author: "Somebody", description: "Nothing", version: "1")
struct Probe: KernelModule, ~Copyable {
  @Parameter("depth", "Depth", in: Probe.range) // MISUSE
  @Parameter("depth", "Depth", in: 1...Probe.most) // TWIN
  static var depth: Int = 1

  static var range: ClosedRange<Int> { 1...64 }
  static var most: Int { 64 }
  init() throws(Errno) {}
}
