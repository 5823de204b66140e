// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot assign to property: 'box' is a 'let' constant
import Kernel

func clear(
  _ box: borrowing HeapBox<Int> // MISUSE
  _ box: inout HeapBox<Int> // TWIN
) {
  box.value = 0
}
