// SPDX-License-Identifier: GPL-2.0-only
// A match of the driver's own for the numbers of parameters.
// EXPECT: drivers may not say 'func ~= outside of a type of its own'
import Kernel

@KernelModule(author: "a", description: "b", version: "c")
struct Probe: KernelModule, ~Copyable {
  @Parameter("depth", "Depth", in: 1...64)
  static var depth: Int = 8

  init() throws(Errno) {}
}

func ~= (pattern: UInt32, value: UInt32) -> Bool { true } // MISUSE
func same(pattern: UInt32, value: UInt32) -> Bool { true } // TWIN
