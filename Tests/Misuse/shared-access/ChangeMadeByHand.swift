// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'ConfigfsChange' initializer is inaccessible due to 'internal' protection level
import Kernel

func raise(_ level: borrowing Setting<Int>, _ change: borrowing ConfigfsChange) {
  level.set(1, ConfigfsChange()) // MISUSE
  level.set(1, change) // TWIN
}
