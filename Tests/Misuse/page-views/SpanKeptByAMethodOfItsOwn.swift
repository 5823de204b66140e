// SPDX-License-Identifier: GPL-2.0-only
// An attribute cannot say of a span's own variable that what is assigned to it stays for ever.
// EXPECT: lifetime-dependent variable 'self' escapes its scope
public import Kernel

extension RawSpan {
  @_lifetime(self: immortal) mutating func put(_ other: RawSpan) { self = other } // MISUSE
  @_lifetime(self: copy other) mutating func put(_ other: RawSpan) { self = other } // TWIN
}

public func first(_ page: borrowing VirtualMemory) -> UInt8 {
  page.withBytes { bytes in
    var other = RawSpan()
    other.put(bytes)
    return other.byte(at: 0) ?? 0
  }
}
