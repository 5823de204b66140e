// SPDX-License-Identifier: GPL-2.0-only
// The same by a name for the closure's type.
// EXPECT: drivers may not say 'a name for a function's type
public import Kernel

public func first(_ place: Int) throws(Errno) -> UInt8? {
  var page: Page? = try Page(.kernel)
  page = try Page(.kernel)
  typealias End = () -> Void; func look(_ end: End) -> UInt8? { page?.withBytes { bytes in end(); return bytes.byte(at: 7) } ?? nil }; return look { page = nil } // MISUSE
  typealias End = Int; func look(_ end: End) -> UInt8? { page?.withBytes { bytes in bytes.byte(at: end) } ?? nil }; return look(place) // TWIN
}
