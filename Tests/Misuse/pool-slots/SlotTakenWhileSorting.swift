// SPDX-License-Identifier: GPL-2.0-only
// Who is asked for a slab's list looks at the slab.
// EXPECT: cannot use mutating member on immutable value|is immutable
import Zpool

func free(_ slot: consuming Slot, in slabs: inout SlabLists) {
  let spare = slabs.free(
    slot,
    sortedBy: { slab in
      return slab.takeSlot() == nil ? 0 : 1 // MISUSE
      return slab.freeSlotCount == 0 ? 0 : 1 // TWIN
    })
  _ = consume spare
}
