// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot find 'Cell' in scope
import Kernel

func cell() {
  _ = Cell(1) // MISUSE
  _ = SpinLockIRQ(1) // TWIN
}
