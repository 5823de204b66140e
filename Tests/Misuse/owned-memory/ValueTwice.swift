// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: overlapping accesses to 'first'|inout writeback to computed property 'value' occurs in multiple arguments
import Kernel

func exchange(_ first: inout HeapBox<Int>, _ second: inout HeapBox<Int>) {
  swap(&first.value, &first.value) // MISUSE
  swap(&first.value, &second.value) // TWIN
}
