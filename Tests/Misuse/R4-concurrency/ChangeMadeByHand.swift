// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'ConfigurationChange' initializer is inaccessible due to 'internal' protection level
import Kernel

func raise(_ level: borrowing Setting<Int>, _ change: borrowing ConfigurationChange) {
  level.set(1, ConfigurationChange()) // MISUSE
  level.set(1, change) // TWIN
}
