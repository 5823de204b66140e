// SPDX-License-Identifier: GPL-2.0-only
// The C callback of another type.
// EXPECT: cannot convert return expression of type|uses unsafe constructs
import Kernel

struct Probe: TimerHandler, ~Copyable {
  borrowing func expired(_ timer: borrowing TimerContext) -> TimerAction { .stop }

  static var timerCallback: TimerCallback<Self> {
    Other.timerCallback // MISUSE
    while true {} // TWIN
  }
}

@TimerHandler
struct Other: TimerHandler, ~Copyable {
  borrowing func expired(_ timer: borrowing TimerContext) -> TimerAction { .stop }
}
