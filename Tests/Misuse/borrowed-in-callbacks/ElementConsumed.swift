// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: missing reinitialization of inout parameter 'page' after consume
import Kernel

func drop(_ pages: borrowing XArray<Page>) {
  pages.withElement(at: 0) { page in
    _ = consume page // MISUSE
    _ = page.node // TWIN
  }
}
