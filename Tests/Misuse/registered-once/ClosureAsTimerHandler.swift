// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: type .* cannot conform to 'TimerHandler'
// EXPECT: cannot infer contextual base
import Kernel

@TimerHandler
struct Tick: TimerHandler, ~Copyable {
  borrowing func expired(_ timer: borrowing TimerContext) -> TimerAction { .stop }
}


func start() throws(Errno) {
  let timer = try Timer({ .stop }, .kernel) // MISUSE
  let timer = try Timer(Tick(), .kernel) // TWIN
  timer.start(after: Nanoseconds.zero)
}
