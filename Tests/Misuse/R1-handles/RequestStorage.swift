// SPDX-License-Identifier: GPL-2.0-only
// What a request is made of cannot be seen.
// EXPECT: 'raw' is inaccessible due to 'internal' protection level
import BlockMQ

extension Request where Driver: ~Copyable {
  var number: Int {
    raw.hashValue // MISUSE
    tag // TWIN
  }
}
