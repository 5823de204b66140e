// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: lifetime-dependent variable 'kept' escapes its scope
public import Kernel

public func first(_ page: borrowing VirtualMemory) -> UInt8 {
  var kept: Result<RawSpan, Errno> = .failure(.ioError)
  page.withBytes { bytes in kept = .success(bytes) } // MISUSE
  page.withBytes { bytes in kept = .success(RawSpan()) } // TWIN
  if case .success(let bytes) = kept { return bytes.byte(at: 0) ?? 0 }
  return 0
}
