// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'slot' consumed more than once
import Zpool

func free(_ slot: consuming Slot, in slabs: inout SlabLists) {
  let empty = slabs.free(slot, sortedBy: { _ in 0 })
  let again = slabs.free(slot, sortedBy: { _ in 0 }) // MISUSE
  let again = slabs.popFirst(fromList: 0) // TWIN
  _ = (consume empty)
  _ = (consume again)
}
