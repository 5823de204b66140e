// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'pointer' is inaccessible due to 'internal' protection level
import Kernel

func another(_ queue: borrowing WorkQueue) -> WorkQueue {
  _ = queue.pointer // MISUSE
  // TWIN
  return queue.share()
}
