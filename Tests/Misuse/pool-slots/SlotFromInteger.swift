// SPDX-License-Identifier: GPL-2.0-only
// A handle is made by a slab, and by nothing else.
// EXPECT: 'Slot' initializer is inaccessible due to '(internal|package)' protection level|no exact matches
import Zpool

func take(_ slab: inout Slab) -> Slot? {
  return Slot(raw: 4096) // MISUSE
  return slab.takeSlot() // TWIN
}
