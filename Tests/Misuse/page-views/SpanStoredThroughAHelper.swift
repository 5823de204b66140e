// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: lifetime-dependent variable '.*' escapes its scope
import Kernel

func count(_ page: borrowing Page) -> Int {
  var kept = RawSpan()
  page.withBytes { bytes in
    keep(bytes, in: &kept) // MISUSE
    keep(RawSpan(), in: &kept) // TWIN
  }
  return kept.byteCount
}

@_lifetime(kept: copy bytes)
func keep(_ bytes: RawSpan, in kept: inout RawSpan) { kept = bytes }
