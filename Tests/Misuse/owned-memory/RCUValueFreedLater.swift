// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: requires that 'HeapBox<Int>' conform to 'BitwiseCopyable'
import Kernel

func renew(_ box: borrowing RCUBox<HeapBox<Int>>) throws(Errno) {
  try box.replaceLater(with: try HeapBox(1, .kernel), .atomic) // MISUSE
  _ = try box.replace(with: try HeapBox(1, .kernel), .kernel) // TWIN
}
