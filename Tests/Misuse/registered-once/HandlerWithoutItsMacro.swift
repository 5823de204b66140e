// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: type 'Tick' does not conform to protocol 'TimerHandler'
import Kernel

// MISUSE
@TimerHandler // TWIN
struct Tick: TimerHandler, ~Copyable {
  borrowing func expired(_ timer: borrowing TimerContext) -> TimerAction { .stop }
}
