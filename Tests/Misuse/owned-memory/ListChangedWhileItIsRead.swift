// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: overlapping accesses
import Kernel

func double(_ list: inout List<Int>) {
  list.forEachMutable { _ in _ = list.popFirst() } // MISUSE
  list.forEachMutable { element in element = 0 } // TWIN
}
