// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: missing reinitialization of inout parameter 'page' after consume
import Kernel

func take(_ pages: borrowing XArray<Page>) -> Page? {
  var kept: Page? = nil
  pages.withElement(at: 0) { page in
    kept = consume page // MISUSE
    kept = nil // TWIN
  }
  return kept
}
