// SPDX-License-Identifier: GPL-2.0-only
// A request cannot be forgotten without being completed, in an extension neither.
// EXPECT: can only 'discard' from the same module
import BlockMQ

extension Request where Driver: ~Copyable {
  consuming func forget() {
    discard self // MISUSE
    end(.ok) // TWIN
  }
}
