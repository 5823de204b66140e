// SPDX-License-Identifier: GPL-2.0-only
// A slab whose objects were evicted goes back once.
// EXPECT: 'victim' consumed more than once
import Zpool

func put(_ victim: consuming EvictedSlab, in slabs: inout SlabLists) {
  let empty = slabs.finish(victim, sortedBy: { _ in 0 })
  let again = slabs.finish(victim, sortedBy: { _ in 0 }) // MISUSE
  let again = slabs.popFirst(fromList: 0) // TWIN
  _ = (consume empty)
  _ = (consume again)
}
