// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: the initial value is not in the range
// EXPECT: did not produce a non-observing accessor
import Kernel

@KernelModule(author: "Somebody", description: "Nothing", version: "1")
struct Probe: KernelModule, ~Copyable {
  @Parameter("shift", "Shift", in: -4...64)
  static var shift: Int = -5 // MISUSE
  static var shift: Int = -4 // TWIN

  init() throws(Errno) {}
}
