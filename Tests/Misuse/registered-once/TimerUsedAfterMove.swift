// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'timer' used after consume
import Kernel

@TimerHandler
struct Tick: TimerHandler, ~Copyable {
  borrowing func expired(_ timer: borrowing TimerContext) -> TimerAction { .stop }
}


func start(_ timer: consuming Timer<Tick>) -> Timer<Tick> {
  timer.start(after: .zero)
  let other = timer
  timer.start(after: .zero) // MISUSE
  other.start(after: .zero) // TWIN
  return other
}
