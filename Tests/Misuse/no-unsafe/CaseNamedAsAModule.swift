// SPDX-License-Identifier: GPL-2.0-only
// A case in the place of a module.
// EXPECT: drivers may not say 'Zpool for something of its own'
import Kernel

@TimerHandler
struct Probe: TimerHandler, ~Copyable {
  borrowing func expired(_ timer: borrowing TimerContext) -> TimerAction { .stop }
}

enum Kind { case Zpool } // MISUSE
enum Kind { case zpool } // TWIN
