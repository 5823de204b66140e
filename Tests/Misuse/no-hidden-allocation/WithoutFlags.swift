// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: missing argument for parameter #1 in call
import Kernel

func page() throws(Errno) -> Page {
  try Page() // MISUSE
  try Page(.kernel) // TWIN
}
