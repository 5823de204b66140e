// SPDX-License-Identifier: GPL-2.0-only
// A parameter in the place of a module.
// EXPECT: drivers may not say 'Swift for something of its own'
import Kernel

@TimerHandler
struct Probe: TimerHandler, ~Copyable {
  borrowing func expired(_ timer: borrowing TimerContext) -> TimerAction { .stop }
}

func f(Swift: Int) {} // MISUSE
func f(swift: Int) {} // TWIN
