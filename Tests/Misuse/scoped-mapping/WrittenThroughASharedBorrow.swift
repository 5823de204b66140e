// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot use mutating member on immutable value|'page' is a 'let' constant
import Kernel

func clear(
  _ page: borrowing Page // MISUSE
  _ page: inout Page // TWIN
) throws(Errno) {
  try page.zero(at: 0, length: 8)
}
