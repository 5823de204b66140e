// SPDX-License-Identifier: GPL-2.0-only
// A C callback that is not the macro's.
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
import Kernel

struct Probe: WorkHandler, ~Copyable {
  borrowing func run(_ work: borrowing WorkContext) {}

  static var workCallback: WorkCallback<Self> {
    WorkCallback({ _ in }) // MISUSE
    while true {} // TWIN
  }
}
