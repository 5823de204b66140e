// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: missing reinitialization of inout parameter 'page' after consume
import Kernel

func count(_ lock: borrowing SpinLockIRQ<Page>) -> Int {
  var kept: Page? = nil
  lock.withLock { page in
    kept = consume page // MISUSE
    kept = nil // TWIN
  }
  return kept == nil ? 0 : 1
}
