// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
import Kernel

func value(_ box: borrowing HeapBox<Int>) -> Int {
  box.address.pointee // MISUSE
  box.value // TWIN
}
