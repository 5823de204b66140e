// SPDX-License-Identifier: GPL-2.0-only
// A handle is made by a block, and by nothing else.
// EXPECT: 'Slot' initializer is inaccessible due to '(internal|package)' protection level|no exact matches
import Zpool

func take(_ block: inout Block) -> Slot? {
  return Slot(raw: 4096) // MISUSE
  return block.takeSlot() // TWIN
}
