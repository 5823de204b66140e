// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: type 'Ioctl' does not conform to protocol 'Escapable'
// EXPECT: requires that 'Ioctl' conform to 'Escapable'
import BlockMQ

struct Keeper: ~Copyable {
  let slot = SpinLockIRQ<Ioctl?>(nil) // MISUSE
  let slot = SpinLockIRQ<IoctlCommand?>(nil) // TWIN
}
