// SPDX-License-Identifier: GPL-2.0-only
// A closure that is chosen is one that escapes, and so its variables would be in a box.
// EXPECT: cannot use allocating type
public import Kernel

public func first(_ choice: Bool) throws(Errno) -> UInt8 {
  var page: VirtualMemory? = try VirtualMemory(byteCount: 4096)
  let byte = page?.withBytes(choice ? { (b: RawSpan) -> UInt8 in page = nil; return b.byte(at: 0) ?? 0 } : { _ in 0 }) ?? 0 // MISUSE
  let byte = page?.withBytes(choice ? { (b: RawSpan) -> UInt8 in b.byte(at: 0) ?? 0 } : { _ in 0 }) ?? 0 // TWIN
  page = nil
  return byte
}
