// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'node' used after consume
import Kernel

func insert(_ node: consuming RedBlackTree<Int, Int>.Node, into tree: inout RedBlackTree<Int, Int>) -> Int {
  let key = node.key
  _ = key
  _ = tree.insert(node)
  return node.key // MISUSE
  return key // TWIN
}
