// SPDX-License-Identifier: GPL-2.0-only
// An extension of the driver's own that is a better match for the macro's call.
// EXPECT: drivers may not say 'extension TimerAdapter'
import Kernel

@TimerHandler
struct Probe: TimerHandler, ~Copyable {
  borrowing func expired(_ timer: borrowing TimerContext) -> TimerAction { .stop }
}

extension Kernel.TimerAdapter where Handler == Probe { // MISUSE
extension Nanoseconds { // TWIN
  static func expired(_ timer: UnsafeMutableRawPointer?) -> CUnsignedInt { 1 }
}
