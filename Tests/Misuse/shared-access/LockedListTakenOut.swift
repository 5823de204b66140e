// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: missing reinitialization of inout parameter 'list' after consume
import Kernel

func take(_ lock: borrowing Mutex<List<Int>>) -> List<Int> {
  lock.withLock { list in list } // MISUSE
  lock.withLock { list in var taken = List<Int>(); taken.append(contentsOf: &list); return taken } // TWIN
}
