// SPDX-License-Identifier: GPL-2.0-only
// A macro of the driver's own.
// EXPECT: drivers may not say '(macro|@freestanding)'
import Kernel

@TimerHandler
struct Probe: TimerHandler, ~Copyable {
  borrowing func expired(_ timer: borrowing TimerContext) -> TimerAction { .stop }
}

@freestanding(expression) macro Mine() -> LockClass = #lockClass // MISUSE
enum Mine {} // TWIN
