// SPDX-License-Identifier: GPL-2.0-only
// A name that would be code of the macro's, if it were taken out of its backticks.
// EXPECT: a parameter's variable is named with letters, digits and '_'
// EXPECT: may not include|must be|expected|consecutive|cannot find|does not have
import Kernel

@KernelModule(author: "a", description: "b", version: "c")
struct Probe: KernelModule, ~Copyable {
  @Parameter("depth", "Depth", in: 1...64)
  static var `a = 1, b`: Int = 8 // MISUSE
  static var `in`: Int = 8 // TWIN

  init() throws(Errno) {}
}
