// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: type 'Slot' does not conform to protocol 'Numbered'
import Zpool

protocol Numbered: ~Copyable {
  init(raw: UInt) // MISUSE
  var tag: Int { get } // TWIN
}

extension Slot: Numbered {}
