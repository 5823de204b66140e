// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: type 'ControlCall' does not conform to protocol 'Escapable'
// EXPECT: requires that 'ControlCall' conform to 'Escapable'
import BlockMQ

struct Keeper: ~Copyable {
  let slot = SpinLock<ControlCall?>(nil) // MISUSE
  let slot = SpinLock<ControlCommand?>(nil) // TWIN
}
