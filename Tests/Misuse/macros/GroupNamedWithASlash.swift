// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: '@Group' needs a name of letters
import Kernel

@ConfigfsItem
struct Probe: ConfigfsItem, ~Copyable {
  @Group("a/b") // MISUSE
  @Group("a-b") // TWIN
  let faults: FaultInjection
}
