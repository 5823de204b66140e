// SPDX-License-Identifier: GPL-2.0-only
// A C callback that is not the macro's.
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
import Kernel

struct Probe: ThreadHandler, ~Copyable {
  borrowing func run(_ thread: borrowing ThreadContext) {}

  static var threadCallback: ThreadCallback<Self> {
    ThreadCallback({ _ in 0 }) // MISUSE
    while true {} // TWIN
  }
}
