// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'page' used after consume
import Kernel

func fill(_ page: consuming Page) throws(Errno) {
  _ = consume page // MISUSE
  // TWIN
  try page.zero(at: 0, length: 8)
}
