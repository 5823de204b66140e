// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: overlapping accesses to 'tree'
import Kernel

func clean(_ tree: inout RedBlackTree<Int, Page>) {
  tree.forEachMutable { key, page in
    _ = tree.remove(key) // MISUSE
    _ = (key, page.node) // TWIN
  }
}
