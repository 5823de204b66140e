// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'TimerContext' initializer is inaccessible
import Kernel

func add(_ lock: borrowing SpinLockIRQ<Int>, at now: Instant) {
  lock.withLock(in: TimerContext(now: now)) { $0 &+= 1 } // MISUSE
  lock.withLock { $0 &+= 1 } // TWIN
}
