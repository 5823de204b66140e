// SPDX-License-Identifier: GPL-2.0-only
// A C callback that is not the macro's.
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
import Kernel

struct Probe: DebugReport, ~Copyable {
  borrowing func write(to writer: inout TextWriter) throws(Errno) {}

  static var debugCallback: DebugCallback<Self> {
    DebugCallback({ _, _, _, _ in 0 }) // MISUSE
    while true {} // TWIN
  }
}
