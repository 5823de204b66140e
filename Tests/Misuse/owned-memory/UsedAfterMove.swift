// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'box' used after consume
import Kernel

func value(_ box: consuming HeapBox<Int>) -> Int {
  drop(box) // MISUSE
  // TWIN
  return box.value
}

func drop(_ box: consuming HeapBox<Int>) {}
