// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'slot' used after consume
import Zpool

func free(_ slot: consuming Slot, in slabs: inout SlabLists) -> Int {
  let tag = slot.tag // TWIN
  let spare = slabs.free(slot, sortedBy: { _ in 0 })
  _ = consume spare
  let tag = slot.tag // MISUSE
  return tag
}
