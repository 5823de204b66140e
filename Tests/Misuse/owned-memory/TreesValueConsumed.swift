// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'page' is borrowed and cannot be consumed
import Kernel

func last(_ tree: borrowing RedBlackTree<Int, Page>) {
  tree.forEach { _, page in
    _ = consume page // MISUSE
    _ = page.node // TWIN
  }
}
