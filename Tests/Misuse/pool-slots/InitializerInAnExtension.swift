// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'raw' is inaccessible due to 'internal' protection level
import Zpool

extension Slot {
  init(at place: UInt, insteadOf other: consuming Slot) {
    self.raw = place // MISUSE
    self = other // TWIN
  }
}
