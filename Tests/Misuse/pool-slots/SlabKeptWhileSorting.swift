// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'slab' is borrowed and cannot be consumed
import Zpool

func hold<Value: ~Copyable>(_ value: consuming Value) -> Int { 0 }

func free(_ slot: consuming Slot, in slabs: inout SlabLists) {
  let spare = slabs.free(
    slot,
    sortedBy: { (slab: borrowing Slab) -> Int in
      return hold(slab) // MISUSE
      return hold(slab.pages) // TWIN
    })
  _ = consume spare
}
