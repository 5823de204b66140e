// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: escaping closure captures 'inout' parameter 'value'
import Kernel

func count(_ lock: borrowing SpinLockIRQ<Int>) -> Int {
  var later: () -> Int = { 0 }
  lock.withLock { value in
    later = { value } // MISUSE
    later = { 1 } // TWIN
  }
  return later()
}
