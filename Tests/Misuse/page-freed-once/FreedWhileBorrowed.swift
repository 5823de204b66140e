// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: overlapping accesses to 'page'
// EXPECT: missing reinitialization of closure capture 'page' after consume
import Kernel

func release(_ page: consuming Page) -> Int {
  page.withBytes { bytes in
    _ = consume page // MISUSE
    // TWIN
    return bytes.byteCount
  }
}
