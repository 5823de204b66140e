// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'copy' cannot be applied to noncopyable types
import Kernel

func count(_ page: inout Page) -> Int {
  page.withMutableBytes { bytes in
    (copy bytes).byteCount // MISUSE
    bytes.byteCount // TWIN
  }
}
