// SPDX-License-Identifier: GPL-2.0-only
// Mappings end in reverse order, so they cannot change places.
// EXPECT: global function 'swap' requires that 'MutableBytes' conform to 'Escapable'
// EXPECT: cannot pass immutable value as inout argument: '(outer|inner)' is a 'let' constant
import Kernel

func exchange(_ first: inout Page, _ second: inout Page) {
  first.withMutableBytes { outer in
    second.withMutableBytes { inner in
      swap(&outer, &inner) // MISUSE
      _ = outer.byteCount == inner.byteCount // TWIN
    }
  }
}
