// SPDX-License-Identifier: GPL-2.0-only
// A closure that another takes, without a type that says so.
// EXPECT: cannot use allocating type '\{ var VirtualMemory \}' in -no-allocations mode
public import Kernel

public func first(_ one: consuming VirtualMemory, _ two: consuming VirtualMemory) -> UInt8? {
  var memory = one
  var other: VirtualMemory? = two
  return withoutActuallyEscaping({ if let next = other.take() { memory = next } }) { end in memory.withBytes { bytes in end(); return bytes.byte(at: 0) } } // MISUSE
  if let next = other.take() { memory = next }; return memory.withBytes { bytes in bytes.byte(at: 0) } // TWIN
}
