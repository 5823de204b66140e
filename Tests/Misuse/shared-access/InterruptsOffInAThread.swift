// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot convert value of type 'ThreadContext' to expected argument type 'TimerContext'
import Kernel

@ThreadHandler
struct Adder: ThreadHandler, ~Copyable {
  let sum = SpinLockIRQ(0)

  borrowing func run(_ thread: borrowing ThreadContext) {
    sum.withLock(in: thread) { $0 &+= 1 } // MISUSE
    sum.withLock { $0 &+= 1 } // TWIN
  }
}
