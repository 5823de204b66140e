// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: drivers may not say '_identityCast'
import Kernel

struct Pair {
  var start: Int
  var count: Int
}

func byte(of pair: Pair) -> UInt8? {
  _identityCast(pair, to: StaticCString.self).byte(at: 0) // MISUSE
  UInt8(truncatingIfNeeded: pair.count) // TWIN
}
