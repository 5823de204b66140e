// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'UserMemory' initializer is inaccessible
import Kernel

@ThreadHandler
struct Snooper: ThreadHandler, ~Copyable {
  borrowing func run(_ thread: borrowing ThreadContext) {
    _ = UserMemory(address: 4096, byteCount: 8).address // MISUSE
    _ = thread.shouldStop // TWIN
  }
}
