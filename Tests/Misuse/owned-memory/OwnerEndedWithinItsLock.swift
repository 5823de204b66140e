// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: missing reinitialization of closure capture .owner. after consume
// EXPECT: overlapping accesses to 'owner'
import Kernel

func clear(_ owner: consuming Shared<SpinLockIRQ<Int>>) {
  owner.value.withLock { value in
    _ = consume owner // MISUSE
    value = 0 // TWIN
  }
}
