// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: implicit conversion to 'Page\?' .* is consuming
import Kernel

func take(_ array: borrowing XArray<Page>) -> Page? {
  var kept: Page? = nil
  _ = array.withElement(at: 0) { page in kept = page } // MISUSE
  kept = array.remove(at: 0) // TWIN
  return kept
}
