// SPDX-License-Identifier: GPL-2.0-only
// A bound of a parameter that reads an address.
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
import Kernel

@KernelModule(author: "a", description: "b", version: "c")
struct Probe: KernelModule, ~Copyable {
  @Parameter(
    "depth", "Depth",
    in: (UnsafePointer<Int>(bitPattern: 0xdead000)?.pointee ?? 0)...64) // MISUSE
    in: 1...64) // TWIN
  static var depth: Int = 8

  init() throws(Errno) {}
}
