// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: drivers may not say 'try!'
import Kernel

func page() throws(Errno) -> Page {
  try! Page(.kernel) // MISUSE
  try Page(.kernel) // TWIN
}
