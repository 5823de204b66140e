// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: missing argument for parameter #2 in call
import Kernel

func make() throws(Errno) {
  let lock = try Mutex(0) // MISUSE
  let lock = try Mutex(0, .kernel) // TWIN
  lock.withLock { $0 = 1 }
}
