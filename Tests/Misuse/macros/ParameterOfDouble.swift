// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: a parameter is an 'Int', 'Int32', 'UInt32' or 'UInt', a 'Bool' or a 'ParameterString'
// EXPECT: did not produce a non-observing accessor
import Kernel

@KernelModule(author: "Somebody", description: "Nothing", version: "1")
struct Probe: KernelModule, ~Copyable {
  @Parameter("rate", "Rate", in: 1...2)
  static var rate: Double = 1 // MISUSE
  static var rate: Int = 1 // TWIN

  init() throws(Errno) {}
}
