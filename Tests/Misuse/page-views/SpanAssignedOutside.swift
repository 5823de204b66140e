// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: lifetime-dependent variable '.*' escapes its scope
import Kernel

func count(_ page: borrowing Page) -> Int {
  var kept = RawSpan()
  page.withBytes { bytes in
    kept = bytes // MISUSE
    kept = RawSpan() // TWIN
  }
  return kept.byteCount
}
