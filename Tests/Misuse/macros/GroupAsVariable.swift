// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: a group is a stored 'let'
import Kernel

@ConfigurationItem
struct Probe: ConfigurationItem, ~Copyable {
  @Group("faults")
  var faults: FaultInjection // MISUSE
  let faults: FaultInjection // TWIN
}
