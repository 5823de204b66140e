// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot use allocating type
public import Kernel
public func f() throws(Errno) -> UInt8 {
  var mine = try VirtualMemory(byteCount: 4096)
  var other: VirtualMemory? = try VirtualMemory(byteCount: 4096)
  var x = 0 { didSet { if let o = other.take() { mine = o } } } // MISUSE
  var x = 0; if let o = other.take() { mine = o } // TWIN
  return mine.withBytes { bytes in x = 1; return bytes.byte(at: x) ?? 0 }
}
