// SPDX-License-Identifier: GPL-2.0-only
// A block whose objects were evicted goes back once.
// EXPECT: 'victim' consumed more than once
import Zpool

func put(_ victim: consuming EvictedBlock, in blocks: inout BlockLists) {
  let empty = blocks.finish(victim, sortedBy: { _ in 0 })
  let again = blocks.finish(victim, sortedBy: { _ in 0 }) // MISUSE
  let again = blocks.popFirst(fromList: 0) // TWIN
  _ = (consume empty)
  _ = (consume again)
}
