// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'slab' consumed more than once
import Zpool

func add(_ slab: consuming Slab, to slabs: inout SlabLists, and others: inout SlabLists) {
  slabs.insert(slab, inList: 0)
  others.insert(slab, inList: 0) // MISUSE
  _ = others.objectCount // TWIN
}
