// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: type 'Root' does not conform to protocol 'ConfigfsItem'
import Kernel

// MISUSE
@ConfigfsItem // TWIN
struct Root: ConfigfsItem, ~Copyable {
  let level = Setting<Int>(0)
}
