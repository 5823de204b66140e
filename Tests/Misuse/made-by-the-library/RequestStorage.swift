// SPDX-License-Identifier: GPL-2.0-only
// The address that a request is made of is the library's.
// EXPECT: 'raw' is inaccessible due to 'internal' protection level
import BlockMQ

extension Request where Driver: ~Copyable {
  var number: Int {
    raw.hashValue // MISUSE
    tag // TWIN
  }
}
