// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot use mutating member on immutable value
public import Kernel

public struct Store: ~Copyable {
  var compressor: Compressor

  public func put(_ bytes: RawSpan, _ room: borrowing MutableBytes) throws(Errno) -> Int { // MISUSE
  public mutating func put(_ bytes: RawSpan, _ room: borrowing MutableBytes) throws(Errno) -> Int { // TWIN
    try compressor.compress(bytes, into: room)
  }
}
