// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
import Kernel

func first(_ page: borrowing Page) -> Int {
  page.withBytes { bytes in
    bytes.unsafeLoad(fromByteOffset: 4096, as: Int.self) // MISUSE
    bytes.byteCount // TWIN
  }
}
