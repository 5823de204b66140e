// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: is borrowed and cannot be consumed|missing reinitialization of inout parameter|consumed but not reinitialized
import Kernel

func count(_ lock: borrowing SpinLock<Page>) -> Int {
  var kept: Page? = nil
  lock.withLock { page in
    kept = consume page // MISUSE
    kept = nil // TWIN
  }
  return kept == nil ? 0 : 1
}
