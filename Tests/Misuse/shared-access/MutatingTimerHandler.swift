// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: type 'Counter' does not conform to protocol 'TimerHandler'
import Kernel

@TimerHandler
struct Counter: TimerHandler, ~Copyable {
  mutating func expired(_ timer: borrowing TimerContext) -> TimerAction { .stop } // MISUSE
  borrowing func expired(_ timer: borrowing TimerContext) -> TimerAction { .stop } // TWIN
}
