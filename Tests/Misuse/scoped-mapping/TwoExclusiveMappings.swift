// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: overlapping accesses to 'page'
import Kernel

func copy(_ page: inout Page, _ other: inout Page) throws(Errno) {
  try page.withMutableBytes { first throws(Errno) in
    try page.withMutableBytes { second throws(Errno) in // MISUSE
    try other.withMutableBytes { second throws(Errno) in // TWIN
      try second.zero(at: 0, length: first.byteCount)
    }
  }
}
