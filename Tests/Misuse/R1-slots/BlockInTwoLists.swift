// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'block' consumed more than once
import Zpool

func add(_ block: consuming Block, to blocks: inout BlockLists, and others: inout BlockLists) {
  blocks.insert(block, inList: 0)
  others.insert(block, inList: 0) // MISUSE
  _ = others.objectCount // TWIN
}
