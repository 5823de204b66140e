// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'page' consumed more than once
import Kernel

func release(_ page: consuming Page) {
  _ = consume page
  _ = consume page // MISUSE
  // TWIN
}
