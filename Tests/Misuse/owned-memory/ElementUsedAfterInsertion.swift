// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'page' used after consume
import Kernel

func keep(_ page: consuming Page, in array: borrowing XArray<Page>) throws(Errno) -> NUMANode {
  try array.insert(page, at: 0, .kernel) // MISUSE
  // TWIN
  return page.node
}
