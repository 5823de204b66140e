// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'bytes' is borrowed and cannot be consumed
import Kernel

func count(_ page: inout Page) -> Int {
  page.withMutableBytes { bytes in
    let moved = consume bytes; return moved.byteCount // MISUSE
    bytes.byteCount // TWIN
  }
}
