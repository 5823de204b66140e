// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: overlapping accesses to 'page'
import Kernel

func clear(_ page: inout Page, _ other: inout Page) throws(Errno) {
  try page.withBytes { bytes throws(Errno) in
    try page.write(bytes, at: 0) // MISUSE
    try other.write(bytes, at: 0) // TWIN
  }
}
