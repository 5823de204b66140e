// SPDX-License-Identifier: GPL-2.0-only
// An extension of the driver's own that is a better match for the macro's call.
// EXPECT: drivers may not say 'extension DebugAdapter'
import Kernel

@DebugReport
struct Probe: DebugReport, ~Copyable {
  borrowing func write(to writer: inout TextWriter) throws(Errno) {}
}

extension DebugAdapter where Report == Probe { // MISUSE
extension Nanoseconds { // TWIN
  static func write(_ file: UnsafeMutableRawPointer?, _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: UnsafeMutablePointer<Int>?) -> CInt { 0 }
}
