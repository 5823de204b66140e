// SPDX-License-Identifier: GPL-2.0-only
// A name that would be code of the macro's, if it were taken out of its backticks.
// EXPECT: drivers may not say '`.*`: a name of letters, digits and '_''
import Kernel

@KernelModule(author: "a", description: "b", version: "c")
struct Probe: KernelModule, ~Copyable {
  @Parameter("depth", "Depth", in: 1...64)
  static var `a = 1, b`: Int = 8 // MISUSE
  static var `in`: Int = 8 // TWIN

  init() throws(Errno) {}
}
