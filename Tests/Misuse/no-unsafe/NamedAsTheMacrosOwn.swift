// SPDX-License-Identifier: GPL-2.0-only
// A name that the macro's code is made of.
// EXPECT: drivers may not say '__lower'
import Kernel

@TimerHandler
struct Probe: TimerHandler, ~Copyable {
  borrowing func expired(_ timer: borrowing TimerContext) -> TimerAction { .stop }
}

enum Bounds { static var __lower: Int { 1 } } // MISUSE
enum Bounds { static var lower: Int { 1 } } // TWIN
