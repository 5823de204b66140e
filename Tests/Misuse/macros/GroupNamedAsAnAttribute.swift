// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: an attribute and a group are both named 'limits'
import Kernel

@ConfigfsItem
struct Probe: ConfigfsItem, ~Copyable {
  @Attribute("limits") let depth = Setting<Int>(1)
  @Group("limits") let faults: FaultInjection // MISUSE
  @Group("faults") let faults: FaultInjection // TWIN
}
