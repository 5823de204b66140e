// SPDX-License-Identifier: GPL-2.0-only
// A comparison of the driver's own for a type that is not its own.
// EXPECT: drivers may not say 'func >= outside of a type of its own'
import Kernel

@ConfigfsItem
struct Probe: ConfigfsItem, ~Copyable {
  @Attribute("level") let level = Setting<Int>(0)
}

protocol Mine {}

extension Int: Mine {}

extension Mine { static func >= (left: Self, right: Self) -> Bool { true } } // MISUSE
extension Mine { static func isAtLeast(left: Self, right: Self) -> Bool { true } } // TWIN
