// SPDX-License-Identifier: GPL-2.0-only
// A type in the place of the standard library.
// EXPECT: drivers may not say 'Swift for something of its own'
import Kernel

@TimerHandler
struct Probe: TimerHandler, ~Copyable {
  borrowing func expired(_ timer: borrowing TimerContext) -> TimerAction { .stop }
}

enum Swift {} // MISUSE
enum Swifts {} // TWIN
