// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'box' is borrowed and cannot be consumed
import Kernel

func value(_ box: borrowing HeapBox<Int>) -> Int {
  let other = box; return other.value // MISUSE
  box.value // TWIN
}
