// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: type 'ZoneReport' does not conform to protocol 'Escapable'
// EXPECT: requires that 'ZoneReport' conform to 'Escapable'
import BlockMQ

struct Keeper: ~Copyable {
  let slot = SpinLockIRQ<ZoneReport?>(nil) // MISUSE
  let slot = SpinLockIRQ<Zone?>(nil) // TWIN
}
