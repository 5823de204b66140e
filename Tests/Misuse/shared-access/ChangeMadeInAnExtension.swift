// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'self.init' isn't called on all paths before returning from initializer
import Kernel

extension ConfigfsChange {
  @_lifetime(immortal) init(made: Void) {} // MISUSE
  borrowing func raise(_ level: borrowing Setting<Int>) { level.set(1, self) } // TWIN
}
