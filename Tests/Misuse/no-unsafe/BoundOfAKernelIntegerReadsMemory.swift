// SPDX-License-Identifier: GPL-2.0-only
// As with an Int: the bounds of the kernel's own types go another way.
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
import Kernel

@KernelModule(author: "a", description: "b", version: "c")
struct Probe: KernelModule, ~Copyable {
  @Parameter(
    "depth", "Depth",
    in: 1...numericCast(UnsafePointer<UInt32>(bitPattern: 0xdead000)?.pointee ?? 0)) // MISUSE
    in: 1...64) // TWIN
  static var depth: UInt32 = 8

  init() throws(Errno) {}
}
