// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'address' is inaccessible due to 'package' protection level
import Zpool

func look(_ slot: borrowing Slot) -> Bool {
  return slot.address != nil // MISUSE
  return slot.tag != 0 // TWIN
}
