// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'slot' used after consume
import Zpool

func free(_ slot: consuming Slot, in blocks: inout BlockLists) -> Int {
  let tag = slot.tag // TWIN
  let spare = blocks.free(slot, sortedBy: { _ in 0 })
  _ = consume spare
  let tag = slot.tag // MISUSE
  return tag
}
