// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'view' cannot be captured by an escaping closure since it is a borrowed parameter
// EXPECT: lifetime-dependent variable 'view' escapes its scope
import Kernel

func count(_ view: borrowing MutableBytes) -> Int {
  let later: () -> Int
  later = { view.byteCount } // MISUSE
  later = { 1 } // TWIN
  return later()
}
