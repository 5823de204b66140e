// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: untyped throws is not available in Embedded Swift
import Kernel

func page() throws -> Page { // MISUSE
func page() throws(Errno) -> Page { // TWIN
  try Page(.kernel)
}
