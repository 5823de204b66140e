// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'Mutex' requires that 'ConfigfsChange' conform to 'Escapable'
// EXPECT: type 'ConfigfsChange' does not conform to protocol 'Escapable'
import Kernel

@ConfigfsItem
struct Probe: ConfigfsItem, ~Copyable {
  let kept: Mutex<ConfigfsChange?> // MISUSE
  let kept: Mutex<Int?> // TWIN
}
