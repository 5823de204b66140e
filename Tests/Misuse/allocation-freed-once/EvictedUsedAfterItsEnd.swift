// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'victim' used after consume
import Zpool

func put(_ victim: consuming EvictedSlab, in slabs: inout SlabLists, _ evictor: borrowing Evictor) throws(Errno) {
  try victim.evictObjects(evictor) // TWIN
  let spare = slabs.finish(victim, sortedBy: { _ in 0 })
  _ = consume spare
  try victim.evictObjects(evictor) // MISUSE
}
