// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'page' cannot be captured by an escaping closure since it is a borrowed parameter
import Kernel

func isAnywhere(_ page: borrowing Page) -> Bool {
  let later: () -> Bool
  later = { page.node == .any } // MISUSE
  later = { true } // TWIN
  return later()
}
