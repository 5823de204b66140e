// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'lock' is borrowed and cannot be consumed
import Kernel

func clear(_ lock: borrowing SpinLockIRQ<Int>) {
  let other = lock // MISUSE
  let other = 1 // TWIN
  _ = other.self
}
