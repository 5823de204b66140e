// SPDX-License-Identifier: GPL-2.0-only
// A local function ends what a case has borrowed.
// EXPECT: overlapping accesses to 'memory', but modification requires exclusive access
public import Kernel

public func first(_ memory: inout VirtualMemory?) -> UInt8? {
  func drop() { memory = nil }
  defer { drop() }
  switch memory {
  case .some(let lent):
    drop() // MISUSE
    // TWIN
    return lent.withBytes { bytes in bytes.byte(at: 0) } ?? nil
  case .none: return nil
  }
}
