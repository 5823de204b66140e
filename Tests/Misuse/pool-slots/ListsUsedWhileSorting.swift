// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: overlapping accesses to 'slabs'
import Zpool

func free(_ slot: consuming Slot, in slabs: inout SlabLists) {
  let spare = slabs.free(
    slot,
    sortedBy: { _ in
      return slabs.popFirst(fromList: 0) == nil ? 0 : 1 // MISUSE
      return 0 // TWIN
    })
  _ = consume spare
}
