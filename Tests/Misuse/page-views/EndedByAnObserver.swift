// SPDX-License-Identifier: GPL-2.0-only
// What the observer of a local variable changes is in a box, which is an allocation.
// EXPECT: cannot use allocating type '\{ var VirtualMemory \}' in -no-allocations mode
public import Kernel

public func first(_ one: consuming VirtualMemory, _ two: consuming VirtualMemory) -> UInt8? {
  var memory = one
  var other: VirtualMemory? = two
  var count = 0 { didSet { if let next = other.take() { memory = next } } }
  count += 1
  return memory.withBytes { bytes in
    count += 1 // MISUSE
    // TWIN
    return bytes.byte(at: 0)
  }
}
