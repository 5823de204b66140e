// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'node' consumed more than once
import Kernel

func insert(_ node: consuming List<Int>.Node, into list: inout List<Int>, and other: inout List<Int>) {
  list.append(node)
  other.append(node) // MISUSE
  // TWIN
}
