// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'page' is borrowed and cannot be consumed
import Kernel

func node(of page: borrowing Page) -> NUMANode {
  let other = page; return other.node // MISUSE
  page.node // TWIN
}
