// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: overlapping accesses to 'lock'
import Kernel

func clear(_ lock: inout SpinLockIRQ<Int>) {
  lock.withLock { value in
    clear(&lock) // MISUSE
    value = 0 // TWIN
  }
}
