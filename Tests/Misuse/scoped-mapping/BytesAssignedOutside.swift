// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: implicit conversion to 'MutableBytes\?' is consuming
import Kernel

func count(_ page: inout Page) -> Int {
  var kept: MutableBytes? = nil
  page.withMutableBytes { bytes in
    kept = bytes // MISUSE
    kept = nil // TWIN
  }
  return kept?.byteCount ?? 0
}
