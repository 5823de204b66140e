// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: type 'Counter' does not conform to protocol 'ThreadHandler'
import Kernel

@ThreadHandler
struct Counter: ThreadHandler, ~Copyable {
  var count = 0

  mutating func run(_ thread: borrowing ThreadContext) { count &+= 1 } // MISUSE
  borrowing func run(_ thread: borrowing ThreadContext) {} // TWIN
}
