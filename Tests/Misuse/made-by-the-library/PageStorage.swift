// SPDX-License-Identifier: GPL-2.0-only
// What an owner is made of cannot be seen.
// EXPECT: 'raw' is inaccessible due to 'internal' protection level
import Kernel

extension Pages {
  var isThere: Bool {
    raw.hashValue != 0 // MISUSE
    Self.byteCount != 0 // TWIN
  }
}
