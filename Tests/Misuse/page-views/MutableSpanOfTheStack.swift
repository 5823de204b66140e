// SPDX-License-Identifier: GPL-2.0-only
// The standard library's mutable span can be kept beyond its owner: a hole of the compiler (H1).
// EXPECT: drivers may not say 'mutableSpan'
import Kernel

func sum(_ number: UInt8) -> UInt8 {
  var bytes = InlineArray<64, UInt8>(repeating: number)
  var view = bytes.mutableSpan; view[3] = 1 // MISUSE
  bytes[3] = 1 // TWIN
  return bytes[3]
}
