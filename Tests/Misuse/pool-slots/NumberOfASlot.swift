// SPDX-License-Identifier: GPL-2.0-only
// The number that C keeps is not a driver's business.
// EXPECT: 'take' is inaccessible due to 'package' protection level
import Zpool

func number(_ slot: consuming Slot) -> Int {
  return Int(slot.take()) // MISUSE
  return slot.tag // TWIN
}
