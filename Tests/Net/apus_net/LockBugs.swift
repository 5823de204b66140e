// SPDX-License-Identifier: GPL-2.0-only
// apus_net: locks in an order that can deadlock, and sleep where there must be none. (Neither takes `unsafe`.)

import Kernel

/// Takes two locks in both orders. Nothing hangs: it is one task; lockdep knows all the same that two could.
@inline(never)
func plantLockInversion() {
  let first = SpinLock(1, class: "apus_net's first lock")
  let second = SpinLock(2)
  let sum = first.withLock { a in second.withLock { b in a &+ b } }
  let difference = second.withLock { b in first.withLock { a in a &- b } }
  log(.info, "\(sum), \(difference)")
}

/// Allocates with flags that may sleep while a spin lock is held.
@inline(never)
func plantSleepInAtomic() {
  let count = SpinLock(0)
  count.withLock { count in
    do throws(Errno) {
      _ = try Page(.kernel)
      count &+= 1
    } catch {
      log(.info, "no page: \(error)")
    }
  }
}
