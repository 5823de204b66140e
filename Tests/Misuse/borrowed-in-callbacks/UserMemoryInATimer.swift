// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'UserMemory' initializer is inaccessible
import Kernel

@TimerHandler
struct Snooper: TimerHandler, ~Copyable {
  borrowing func expired(_ timer: borrowing TimerContext) -> TimerAction {
    _ = UserMemory(address: 4096, byteCount: 8).address // MISUSE
    _ = timer.now // TWIN
    return .stop
  }
}
