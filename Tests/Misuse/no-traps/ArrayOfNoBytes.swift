// SPDX-License-Identifier: GPL-2.0-only
// Of 4 GiB the compiler counts none, so it makes the rows at no address.
// EXPECT: a type has 4294967296 bytes, and may have 16777216 at most
// EXPECT: a type has more bytes than the compiler counts, and none are left
public import Kernel

typealias Row = InlineArray<8192, UInt64>
typealias Table = InlineArray<65536, Row> // MISUSE
typealias Table = InlineArray<16, Row> // TWIN

public func write(_ count: Int, _ word: UInt64) throws(Errno) -> UInt64 {
  let table = try Table { (row: Int) throws(Errno) -> Row in
    try Row { (line: Int) throws(Errno) -> UInt64 in
      if line >= count { throw .invalidArgument }
      return word
    }
  }
  return table[0][0]
}
