// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'bytes' is borrowed and cannot be consumed
import Kernel

func pass(_ bytes: borrowing MutableBytes) {
  let kept = bytes // MISUSE
  let kept = bytes.byteCount // TWIN
  _ = kept.self
}
