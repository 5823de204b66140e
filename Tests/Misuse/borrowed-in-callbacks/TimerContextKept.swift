// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'timer' is borrowed and cannot be consumed
import Kernel

@TimerHandler
struct Ticker: TimerHandler, ~Copyable {
  borrowing func expired(_ timer: borrowing TimerContext) -> TimerAction {
    let kept = timer; _ = kept.now // MISUSE
    _ = timer.now // TWIN
    return .stop
  }
}
