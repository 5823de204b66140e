// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot use mutating member on immutable value
import Kernel

func drain(_ lock: borrowing RWSemaphore<List<Int>>) {
  lock.withReadLock { list in _ = list.popFirst() } // MISUSE
  lock.withWriteLock { list in _ = list.popFirst() } // TWIN
}
