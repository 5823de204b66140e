// SPDX-License-Identifier: GPL-2.0-only
// The compiler takes the view from the owner's memory, and ends the owner before it is used (H4).
// EXPECT: drivers may not say 'span'
import Kernel

func third(_ shared: consuming Shared<InlineArray<64, UInt8>>) -> UInt8 {
  let view = shared.value.span // MISUSE
  let view = shared.value // TWIN
  _ = consume shared
  return view[3]
}
