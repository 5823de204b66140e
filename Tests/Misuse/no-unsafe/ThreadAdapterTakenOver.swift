// SPDX-License-Identifier: GPL-2.0-only
// An extension of the driver's own that is a better match for the macro's call.
// EXPECT: drivers may not say 'extension ThreadAdapter'
import Kernel

@ThreadHandler
struct Probe: ThreadHandler, ~Copyable {
  borrowing func run(_ thread: borrowing ThreadContext) {}
}

extension ThreadAdapter where Handler == Probe { // MISUSE
extension Nanoseconds { // TWIN
  static func run(_ handler: UnsafeMutableRawPointer?) -> CInt { 0 }
}
