// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot use allocating type 'Node' in -no-allocations mode
import Kernel

final class Node { // MISUSE
struct Node { // TWIN
  let count: Int
  init(_ count: Int) { self.count = count }
}

public func count(_ number: Int) -> Int {
  let node = Node(number)
  return node.count
}
