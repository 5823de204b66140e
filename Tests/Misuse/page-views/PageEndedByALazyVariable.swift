// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot use allocating type
public import Kernel

public func first() throws(Errno) -> UInt8 {
  var page: VirtualMemory? = try VirtualMemory(byteCount: 4096)
  lazy var end: Int = { page = nil; return 1 }() // MISUSE
  var end = 1; end &+= 1 // TWIN
  let byte = page?.withBytes { bytes in bytes.byte(at: end) ?? 0 } ?? 0
  page = nil
  return byte
}
