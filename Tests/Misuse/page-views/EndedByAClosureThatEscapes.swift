// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot use allocating type
public import Kernel
public func f() throws(Errno) -> UInt8 {
  var mine = try VirtualMemory(byteCount: 4096)
  var other: VirtualMemory? = try VirtualMemory(byteCount: 4096)
  var read: UInt8 = 0
  withoutActuallyEscaping({ if let o = other.take() { mine = o } }) { end in read = mine.withBytes { end(); return $0.byte(at: 0) ?? 0 } } // MISUSE
  if let o = other.take() { mine = o }; read = mine.withBytes { $0.byte(at: 0) ?? 0 } // TWIN
  return read
}
