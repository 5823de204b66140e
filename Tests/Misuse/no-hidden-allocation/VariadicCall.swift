// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot use allocating type
import Kernel

public func largest(_ first: Int, _ second: Int) -> Int {
  max(first, second, 7, 9) // MISUSE
  max(max(first, second), max(7, 9)) // TWIN
}
