// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'Mutex' requires that 'ConfigurationChange' conform to 'Escapable'
// EXPECT: type 'ConfigurationChange' does not conform to protocol 'Escapable'
import Kernel

@ConfigurationItem
struct Probe: ConfigurationItem, ~Copyable {
  let kept: Mutex<ConfigurationChange?> // MISUSE
  let kept: Mutex<Int?> // TWIN
}
