// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: noncopyable 'shared.value' cannot be consumed
import Zpool

func give(_ shared: borrowing Shared<Slot>, _ slab: inout Slab) -> Slot? {
  return shared.value // MISUSE
  return slab.takeSlot() // TWIN
}
