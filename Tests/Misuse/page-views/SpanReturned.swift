// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: type of expression is ambiguous|does not conform to protocol 'Escapable'|requires that 'RawSpan' conform to 'Escapable'|cannot convert
import Kernel

func count(_ page: borrowing Page) -> Int {
  let kept: RawSpan = page.withBytes { bytes in bytes } // MISUSE
  let kept: Int = page.withBytes { bytes in bytes.byteCount } // TWIN
  return kept == RawSpan().byteCount ? 1 : 0
}
