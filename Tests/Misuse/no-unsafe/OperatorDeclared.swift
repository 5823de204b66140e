// SPDX-License-Identifier: GPL-2.0-only
// An operator of another precedence.
// EXPECT: drivers may not say 'operator'
import Kernel

@TimerHandler
struct Probe: TimerHandler, ~Copyable {
  borrowing func expired(_ timer: borrowing TimerContext) -> TimerAction { .stop }
}

infix operator <=> // MISUSE
enum Order {} // TWIN
