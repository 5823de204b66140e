// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'block' is borrowed and cannot be consumed
import Zpool

func hold<Value: ~Copyable>(_ value: consuming Value) -> Int { 0 }

func free(_ slot: consuming Slot, in blocks: inout BlockLists) {
  let spare = blocks.free(
    slot,
    sortedBy: { (block: borrowing Block) -> Int in
      return hold(block) // MISUSE
      return hold(block.pages) // TWIN
    })
  _ = consume spare
}
