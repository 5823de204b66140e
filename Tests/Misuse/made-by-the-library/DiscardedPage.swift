// SPDX-License-Identifier: GPL-2.0-only
// A page cannot be forgotten without being freed, in an extension neither.
// EXPECT: can only 'discard' from the same module
import Kernel

extension Pages {
  consuming func forget() {
    discard self // MISUSE
    _ = self // TWIN
  }
}
