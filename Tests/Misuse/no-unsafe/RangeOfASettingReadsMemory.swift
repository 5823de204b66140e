// SPDX-License-Identifier: GPL-2.0-only
// A bound of a setting that reads an address.
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
import Kernel

@ConfigfsItem
struct Probe: ConfigfsItem, ~Copyable {
  @Attribute("level", in: (UnsafePointer<Int>(bitPattern: 0xdead000)?.pointee ?? 0)...5) // MISUSE
  @Attribute("level", in: 0...5) // TWIN
  let level = Setting<Int>(0)
}
