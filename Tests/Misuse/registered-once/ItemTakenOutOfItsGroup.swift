// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot be consumed
import Kernel

@ConfigfsItem
struct Limits: ConfigfsItem, ~Copyable {
  @Attribute("level") let level = Setting<Int>(0)
}

func take(_ group: borrowing ConfigfsGroup<Limits>) {
  give(group.item) // MISUSE
  _ = group.item.level.value // TWIN
}

func give(_ item: consuming Limits) {}
