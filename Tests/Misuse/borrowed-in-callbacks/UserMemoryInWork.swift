// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'UserMemory' initializer is inaccessible
import Kernel

@WorkHandler
struct Snooper: WorkHandler, ~Copyable {
  borrowing func run(_ work: borrowing WorkContext) {
    _ = UserMemory(address: 4096, byteCount: 8).address // MISUSE
    work.requeue() // TWIN
  }
}
