// SPDX-License-Identifier: GPL-2.0-only
// What a request is made of cannot be seen without 'unsafe'.
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
import BlockMQ

extension Request where Driver: ~Copyable {
  var number: Int {
    raw.hashValue // MISUSE
    tag // TWIN
  }
}
