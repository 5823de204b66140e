// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'slab' used after consume
import Zpool

func add(_ slab: consuming Slab, to slabs: inout SlabLists) -> Slot? {
  slabs.insert(slab, inList: 0)
  return slab.takeSlot() // MISUSE
  return slabs.takeSlot(fromList: 0, sortedBy: { _ in 0 }) // TWIN
}
