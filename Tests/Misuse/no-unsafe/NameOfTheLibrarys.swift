// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: drivers may not say 'Kernel for something of its own'
import Kernel

enum Kernel {} // MISUSE
enum Kernels {} // TWIN

@TimerHandler
struct Tick: TimerHandler, ~Copyable {
  borrowing func expired(_ timer: borrowing TimerContext) -> TimerAction { .stop }
}
