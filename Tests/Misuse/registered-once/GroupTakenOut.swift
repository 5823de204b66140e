// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'self' is borrowed and cannot be consumed
import Kernel

@ConfigfsItem
struct Limits: ConfigfsItem, ~Copyable {
  @Attribute("level") let level = Setting<Int>(0)
}

@ConfigfsItem
struct Root: ConfigfsItem, ~Copyable {
  @Group("limits") let limits: ConfigfsGroup<Limits>

  borrowing func willRemove() {
    _ = consume limits // MISUSE
    _ = limits.item.level.value // TWIN
  }
}
