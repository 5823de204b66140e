// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'slot' consumed more than once
import Zpool

struct Last: ~Copyable {
  var slot: Slot

  mutating func give(_ slot: consuming Slot, insteadOf other: consuming Slot) -> Slot {
    self.slot = slot // MISUSE
    self.slot = other // TWIN
    return slot
  }
}
