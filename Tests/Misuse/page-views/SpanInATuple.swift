// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: lifetime-dependent variable 'kept' escapes its scope
public import Kernel

public func first(_ page: borrowing VirtualMemory) -> UInt8 {
  var kept = (RawSpan(), 1)
  page.withBytes { bytes in kept.0 = bytes } // MISUSE
  page.withBytes { bytes in kept.1 = bytes.byteCount } // TWIN
  return kept.0.byte(at: kept.1) ?? 0
}
