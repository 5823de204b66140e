// SPDX-License-Identifier: GPL-2.0-only
// Flags have names; a number may mean others on another kernel.
// EXPECT: inaccessible due to 'internal' protection level
import Kernel

func page() throws(Errno) -> Page {
  try Page(AllocationFlags(rawValue: 0xcc0)) // MISUSE
  try Page(.kernel | .zeroed) // TWIN
}
