// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: type 'Counter' does not conform to protocol 'DebugReport'
import Kernel

@DebugReport
struct Counter: DebugReport, ~Copyable {
  var count = 0

  mutating func write(to writer: inout TextWriter) throws(Errno) { writer.append(count) } // MISUSE
  borrowing func write(to writer: inout TextWriter) throws(Errno) { writer.append(count) } // TWIN
}
