// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'slot' consumed more than once
import Zpool

func free(_ slot: consuming Slot, in blocks: inout BlockLists) {
  let empty = blocks.free(slot, sortedBy: { _ in 0 })
  let again = blocks.free(slot, sortedBy: { _ in 0 }) // MISUSE
  let again = blocks.popFirst(fromList: 0) // TWIN
  _ = (consume empty)
  _ = (consume again)
}
