// SPDX-License-Identifier: GPL-2.0-only
// The same for a closure that is called where it stands, and whose parameter has no type of its own.
// EXPECT: drivers may not say '.*: call a function by its name
public import Kernel

public func first() throws(Errno) -> UInt8? {
  var page: Page? = try Page(.kernel)
  page = try Page(.kernel)
  return { end in page?.withBytes { bytes in end(); return bytes.byte(at: 7) } ?? nil }({ page = nil }) // MISUSE
  return { page?.withBytes { bytes in bytes.byte(at: 7) } ?? nil }() // TWIN
}
