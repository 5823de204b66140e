// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'victim' used after consume
import Zpool

func put(_ victim: consuming EvictedBlock, in blocks: inout BlockLists, _ evictor: borrowing Evictor) throws(Errno) {
  try victim.evictObjects(evictor) // TWIN
  let spare = blocks.finish(victim, sortedBy: { _ in 0 })
  _ = consume spare
  try victim.evictObjects(evictor) // MISUSE
}
