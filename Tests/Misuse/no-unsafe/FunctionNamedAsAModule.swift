// SPDX-License-Identifier: GPL-2.0-only
// A function in the place of a module.
// EXPECT: drivers may not say 'Block for something of its own'
import Kernel

@TimerHandler
struct Probe: TimerHandler, ~Copyable {
  borrowing func expired(_ timer: borrowing TimerContext) -> TimerAction { .stop }
}

func Block() {} // MISUSE
func block() {} // TWIN
