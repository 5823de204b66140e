// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: overlapping accesses to 'page'
public import Kernel

public func first(_ page: inout VirtualMemory?) -> UInt8? {
  func end() -> Bool { page = nil; return true } // MISUSE
  func end() -> Bool { true } // TWIN
  switch page {
  case .some(let memory) where end(): return memory.withBytes { $0.byte(at: 0) }
  default: return nil
  }
}
