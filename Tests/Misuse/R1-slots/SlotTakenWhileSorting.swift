// SPDX-License-Identifier: GPL-2.0-only
// Who is asked for a block's list looks at the block.
// EXPECT: cannot use mutating member on immutable value|is immutable
import Zpool

func free(_ slot: consuming Slot, in blocks: inout BlockLists) {
  let spare = blocks.free(
    slot,
    sortedBy: { block in
      return block.takeSlot() == nil ? 0 : 1 // MISUSE
      return block.freeSlotCount == 0 ? 0 : 1 // TWIN
    })
  _ = consume spare
}
