// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: type 'WorkContext' does not conform to protocol 'Escapable'
// EXPECT: requires that 'WorkContext' conform to 'Escapable'
import Kernel

struct Keeper: ~Copyable {
  let slot = SpinLockIRQ<WorkContext?>(nil) // MISUSE
  let slot = SpinLockIRQ<Int?>(nil) // TWIN
}
