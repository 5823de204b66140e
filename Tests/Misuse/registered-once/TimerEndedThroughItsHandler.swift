// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: overlapping accesses to 'timer'
// EXPECT: missing reinitialization of closure capture .timer. after consume
import Kernel

@TimerHandler
struct Ticker: TimerHandler, ~Copyable {
  let number = 1

  borrowing func expired(_ timer: borrowing TimerContext) -> TimerAction { .stop }
}

func end(_ timer: consuming Timer<Ticker>) {
  read(timer.handler) {
    _ = consume timer // MISUSE
    // TWIN
  }
}

func read(_ handler: borrowing Ticker, _ body: () -> Void) {
  body()
  _ = handler.number
}
