// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot be consumed
import Kernel

@ThreadHandler
struct Sleeper: ThreadHandler, ~Copyable {
  let page: Page

  borrowing func run(_ thread: borrowing ThreadContext) {}
}

func take(_ thread: borrowing KernelThread<Sleeper>) {
  give(thread.handler) // MISUSE
  _ = thread.handler.page.node // TWIN
}

func give(_ handler: consuming Sleeper) {}
