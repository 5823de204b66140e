// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: overlapping accesses to 'blocks'
import Zpool

func free(_ slot: consuming Slot, in blocks: inout BlockLists) {
  let spare = blocks.free(
    slot,
    sortedBy: { _ in
      return blocks.popFirst(fromList: 0) == nil ? 0 : 1 // MISUSE
      return 0 // TWIN
    })
  _ = consume spare
}
