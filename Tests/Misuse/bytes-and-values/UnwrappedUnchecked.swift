// SPDX-License-Identifier: GPL-2.0-only
// The standard library's unwrapping without a check, which does not say that it is unsafe.
// EXPECT: drivers may not say '_consumingUnsafelyUnwrap'
import Kernel

func number(_ box: consuming HeapBox<Int>?) -> Int {
  box._consumingUnsafelyUnwrap().value // MISUSE
  if let box { return box.value } else { return 0 } // TWIN
}
