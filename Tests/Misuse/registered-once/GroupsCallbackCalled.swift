// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'function' is inaccessible due to 'internal' protection level
import Kernel

@ConfigfsItem
struct Limits: ConfigfsItem, ~Copyable {
  @Attribute("level") let level = Setting<Int>(0)
}

func end(_ item: borrowing Limits) {
  _ = Limits.release.function // MISUSE
  _ = item.level.value // TWIN
}
