// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'value' is inaccessible due to 'private' protection level
// EXPECT: cannot assign value of type
import Kernel

func clear(_ lock: borrowing SpinLockIRQ<Int>) {
  lock.value = 0 // MISUSE
  lock.withLock { value in value = 0 } // TWIN
}
