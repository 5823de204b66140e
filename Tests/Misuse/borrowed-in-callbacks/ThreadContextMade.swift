// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'ThreadContext' initializer is inaccessible
import Kernel

func pause(_ thread: borrowing ThreadContext) {
  ThreadContext().sleepUntilStopped() // MISUSE
  thread.sleepUntilStopped() // TWIN
}
