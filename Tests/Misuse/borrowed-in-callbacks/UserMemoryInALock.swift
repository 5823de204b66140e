// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: type 'UserMemory' does not conform to protocol 'Escapable'
// EXPECT: requires that 'UserMemory' conform to 'Escapable'
import Kernel

struct Keeper: ~Copyable {
  let slot = SpinLockIRQ<UserMemory?>(nil) // MISUSE
  let slot = SpinLockIRQ<UInt?>(nil) // TWIN
}
