// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot use allocating type
import Kernel

public func value(_ key: Int) -> Int {
  let table: [Int: Int] = [key: 1] // MISUSE
  let table = Table() // TWIN
  return table[key] ?? 0
}

struct Table {
  subscript(key: Int) -> Int? { key }
}
