// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: the attribute 'depth' has two methods or settings for the same
import Kernel

@ConfigfsItem
struct Probe: ConfigfsItem, ~Copyable {
  @Attribute("depth") let depth = Setting<Int>(1)
  @Attribute("depth") let width = Setting<Int>(1) // MISUSE
  @Attribute("width") let width = Setting<Int>(1) // TWIN
}
