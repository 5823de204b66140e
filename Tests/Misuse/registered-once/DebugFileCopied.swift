// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'file' consumed more than once
public import Kernel

@DebugReport
struct Report: DebugReport, ~Copyable {
  func write(to writer: inout TextWriter) throws(Errno) { writer.append("text") }
}

public func make(_ directory: borrowing DebugDirectory) throws(Errno) {
  let file = try DebugFile("file", in: directory, Report())
  let first = file
  let second = file // MISUSE
  let second = try DebugFile("second", in: directory, Report()) // TWIN
  log(.info, "\(MemoryLayout.size(ofValue: first)) \(MemoryLayout.size(ofValue: second))")
}
