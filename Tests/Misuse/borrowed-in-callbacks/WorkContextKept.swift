// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'work' is borrowed and cannot be consumed
import Kernel

@WorkHandler
struct Cleaner: WorkHandler, ~Copyable {
  borrowing func run(_ work: borrowing WorkContext) {
    let kept = work // MISUSE
    let kept = work.requeue() // TWIN
    _ = kept
  }
}
