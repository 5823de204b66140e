// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: lifetime-dependent variable '.*' escapes its scope
import Kernel

func count(_ outer: borrowing Page, _ inner: borrowing Page) -> Int {
  outer.withBytes { outerBytes in
    var kept = outerBytes
    inner.withBytes { innerBytes in
      kept = innerBytes // MISUSE
      kept = RawSpan() // TWIN
    }
    return kept.byteCount
  }
}
