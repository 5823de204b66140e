// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'block' used after consume
import Zpool

func add(_ block: consuming Block, to blocks: inout BlockLists) -> Slot? {
  blocks.insert(block, inList: 0)
  return block.takeSlot() // MISUSE
  return blocks.takeSlot(fromList: 0, sortedBy: { _ in 0 }) // TWIN
}
