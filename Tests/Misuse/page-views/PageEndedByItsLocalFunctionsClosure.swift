// SPDX-License-Identifier: GPL-2.0-only
// The compiler accepts this, and the byte is read of a page that was freed (hole H5).
// EXPECT: drivers may not say 'a local function that takes a closure
public import Kernel

public func first() throws(Errno) -> UInt8? {
  var page: Page? = try Page(.kernel)
  page = try Page(.kernel)
  func look(_ end: () -> Void) -> UInt8? { page?.withBytes { bytes in end(); return bytes.byte(at: 7) } ?? nil }; return look { page = nil } // MISUSE
  func look() -> UInt8? { page?.withBytes { bytes in bytes.byte(at: 7) } ?? nil }; return look() // TWIN
}
