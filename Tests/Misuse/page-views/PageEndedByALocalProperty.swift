// SPDX-License-Identifier: GPL-2.0-only
// A local computed property captures what its body names, as a local function does.
// EXPECT: overlapping accesses to 'page'
public import Kernel

public func first(_ page: inout VirtualMemory?) -> UInt8? {
  var end: Int { page = nil; return 1 } // MISUSE
  let end = 1 // TWIN
  return page?.withBytes { bytes in bytes.byte(at: end) } ?? nil
}
