// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: a group is a stored 'let'
import Kernel

@ConfigfsItem
struct Probe: ConfigfsItem, ~Copyable {
  @Group("faults")
  var faults: FaultInjection // MISUSE
  let faults: FaultInjection // TWIN
}
