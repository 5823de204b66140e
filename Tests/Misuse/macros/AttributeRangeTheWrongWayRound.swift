// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: the range is the wrong way round
import Kernel

@ConfigfsItem
struct Probe: ConfigfsItem, ~Copyable {
  @Attribute("depth", in: 64...1) // MISUSE
  @Attribute("depth", in: 1...64) // TWIN
  let depth = Setting<Int>(1)
}
