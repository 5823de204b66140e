// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: drivers may not say '_assumeNonNegative'
import Kernel

func byte(of text: borrowing CString, at index: Int) -> UInt8? {
  text.byte(at: `_assumeNonNegative`(index)) // MISUSE
  text.byte(at: `index`) // TWIN
}
