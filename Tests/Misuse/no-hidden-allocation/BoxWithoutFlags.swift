// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: missing argument label 'owning:' in call
// EXPECT: cannot convert value of type 'Int' to expected argument type 'UnsafeMutablePointer<Int>'
import Kernel

func box() throws(Errno) -> HeapBox<Int> {
  try HeapBox(1) // MISUSE
  try HeapBox(1, .kernel) // TWIN
}
