// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'self' is borrowed and cannot be consumed
import Kernel

@ConfigurationItem
struct Limits: ConfigurationItem, ~Copyable {
  @Attribute("level") let level = Setting<Int>(0)
}

@ConfigurationItem
struct Root: ConfigurationItem, ~Copyable {
  @Group("limits") let limits: ConfigurationGroup<Limits>

  borrowing func willRemove() {
    _ = consume limits // MISUSE
    _ = limits.item.level.value // TWIN
  }
}
