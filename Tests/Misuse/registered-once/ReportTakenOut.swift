// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot be consumed
import Kernel

@DebugReport
struct Report: DebugReport, ~Copyable {
  let page: Page

  borrowing func write(to writer: inout TextWriter) throws(Errno) {}
}

func take(_ file: borrowing DebugFile<Report>) {
  give(file.report) // MISUSE
  _ = file.report.page.node // TWIN
}

func give(_ report: consuming Report) {}
