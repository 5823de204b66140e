// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: a string parameter cannot be written at run time
// EXPECT: did not produce a non-observing accessor
import Kernel

@KernelModule(author: "Somebody", description: "Nothing", version: "1")
struct Probe: KernelModule, ~Copyable {
  @Parameter("mode", "Mode", writable: true) // MISUSE
  @Parameter("mode", "Mode") // TWIN
  static var mode: ParameterString = ParameterString()

  init() throws(Errno) {}
}
