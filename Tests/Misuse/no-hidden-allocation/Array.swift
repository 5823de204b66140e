// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot use allocating type
import Kernel

public func first(_ number: Int) -> Int {
  let list = [number, number &+ 1] // MISUSE
  let list: InlineArray<2, Int> = [number, number &+ 1] // TWIN
  return list[number & 1]
}
