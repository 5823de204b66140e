// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot use allocating type
import Kernel

public func count(_ number: Int) -> Int {
  var list: [Int] = [] // MISUSE
  var list = List() // TWIN
  list.append(number)
  return list.count
}

struct List {
  var count = 0
  mutating func append(_ number: Int) { count &+= 1 }
}
