// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: implicit conversion to 'CString\?' is consuming
import Kernel

func count(_ text: borrowing CString) -> Int {
  var kept: CString? = nil
  kept = text // MISUSE
  kept = nil // TWIN
  return kept?.count ?? 0
}
