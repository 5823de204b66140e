// SPDX-License-Identifier: GPL-2.0-only
// An extension of the driver's own that is a better match for the macro's call.
// EXPECT: drivers may not say 'extension WorkAdapter'
import Kernel

@WorkHandler
struct Probe: WorkHandler, ~Copyable {
  borrowing func run(_ work: borrowing WorkContext) {}
}

extension WorkAdapter where Handler == Probe { // MISUSE
extension Nanoseconds { // TWIN
  static func run(_ work: UnsafeMutableRawPointer?) {}
}
