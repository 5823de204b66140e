// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot use mutating member on immutable value
import Kernel

func clear(_ shared: borrowing Shared<Page>, _ own: inout Page) throws(Errno) {
  try shared.value.zero(at: 0, length: 8) // MISUSE
  try own.zero(at: 0, length: 8) // TWIN
}
