// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: a handler cannot be generic
// EXPECT: does not conform to protocol 'DebugReport'
import Kernel

@DebugReport
struct Report<Value>: DebugReport, ~Copyable where Value: Sendable { // MISUSE
struct Report: DebugReport, ~Copyable { // TWIN
  func write(to writer: inout TextWriter) throws(Errno) { writer.append("text") }
}
