// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: type 'Root' does not conform to protocol 'ConfigurationItem'
import Kernel

// MISUSE
@ConfigurationItem // TWIN
struct Root: ConfigurationItem, ~Copyable {
  let level = Setting<Int>(0)
}
