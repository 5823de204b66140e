// SPDX-License-Identifier: GPL-2.0-only
// A C callback that is not the macro's.
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
import Kernel

struct Probe: TimerHandler, ~Copyable {
  borrowing func expired(_ timer: borrowing TimerContext) -> TimerAction { .stop }

  static var timerCallback: TimerCallback<Self> {
    TimerCallback({ _ in 0 }) // MISUSE
    while true {} // TWIN
  }
}
