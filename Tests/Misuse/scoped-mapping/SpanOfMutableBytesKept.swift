// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: lifetime-dependent variable '.*' escapes its scope
import Kernel

func count(_ page: inout Page) -> Int {
  var kept = RawSpan()
  page.withMutableBytes { bytes in
    bytes.withBytes { view in
      kept = view // MISUSE
      kept = RawSpan() // TWIN
    }
  }
  return kept.byteCount
}
