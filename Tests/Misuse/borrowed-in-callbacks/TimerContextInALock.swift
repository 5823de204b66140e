// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: type 'TimerContext' does not conform to protocol 'Escapable'
// EXPECT: requires that 'TimerContext' conform to 'Escapable'
import Kernel

struct Keeper: ~Copyable {
  let slot = SpinLockIRQ<TimerContext?>(nil) // MISUSE
  let slot = SpinLockIRQ<Instant?>(nil) // TWIN
}
