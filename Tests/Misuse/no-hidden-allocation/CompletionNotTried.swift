// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: call can throw
import Kernel

func make() throws(Errno) {
  let done = Completion(.kernel) // MISUSE
  let done = try Completion(.kernel) // TWIN
  done.complete()
}
