// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
import Kernel

@ConfigurationItem
struct Limits: ConfigurationItem, ~Copyable {
  @Attribute("level") let level = Setting<Int>(0)
}

func end(_ item: borrowing Limits) {
  Limits.release(nil) // MISUSE
  item.level.set(1) // TWIN
}
