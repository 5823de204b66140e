// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: lifetime-dependent variable 'bytes' escapes its scope
import Kernel

func count(_ page: borrowing Page) -> Int {
  var later: () -> Int = { 0 }
  page.withBytes { bytes in
    later = { bytes.byteCount } // MISUSE
    later = { 1 } // TWIN
  }
  return later()
}
