// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: call can throw
import Kernel

func make() throws(Errno) {
  let lock = Mutex(0, .kernel) // MISUSE
  let lock = try Mutex(0, .kernel) // TWIN
  lock.withLock { $0 = 1 }
}
