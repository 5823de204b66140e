// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'thread' is borrowed and cannot be consumed
import Kernel

@ThreadHandler
struct Sleeper: ThreadHandler, ~Copyable {
  borrowing func run(_ thread: borrowing ThreadContext) {
    let kept = thread // MISUSE
    let kept = thread.shouldStop // TWIN
    _ = kept
  }
}
