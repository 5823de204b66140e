// SPDX-License-Identifier: GPL-2.0-only
// Mappings end in reverse order, so they cannot change places.
// EXPECT: cannot pass immutable value as inout argument|is a 'let' constant|must be passed|cannot be consumed|is immutable|requires that 'MutableBytes' conform
import Kernel

func exchange(_ first: inout Page, _ second: inout Page) {
  first.withMutableBytes { outer in
    second.withMutableBytes { inner in
      swap(&outer, &inner) // MISUSE
      _ = outer.byteCount == inner.byteCount // TWIN
    }
  }
}
