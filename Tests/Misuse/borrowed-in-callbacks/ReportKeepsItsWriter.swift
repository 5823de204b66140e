// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: missing reinitialization of inout parameter 'writer' after consume
import Kernel

@DebugReport
struct Report: DebugReport, ~Copyable {
  func write(to writer: inout TextWriter) throws(Errno) {
    var kept = writer; kept.append("end") // MISUSE
    writer.append("end") // TWIN
  }
}
