// SPDX-License-Identifier: GPL-2.0-only
// Mappings end in reverse order, so they cannot change places.
// EXPECT: cannot assign to value: 'inner' is a 'let' constant
import Kernel

func exchange(_ first: inout Page, _ second: inout Page) {
  first.withMutableBytes { outer in
    second.withMutableBytes { inner in
      inner = outer // MISUSE
      _ = outer.byteCount == inner.byteCount // TWIN
    }
  }
}
