// SPDX-License-Identifier: GPL-2.0-only
// The compiler holds that an array of 4 GiB and 64 bytes has 64, and that all its places are there.
// EXPECT: drivers may not say '4_294_967_360 as a type's number: 65536 at most'
public import Kernel

public struct Table: Sendable {
  public var bytes: InlineArray<4_294_967_360, UInt8> // MISUSE
  public var bytes: InlineArray<65536, UInt8> // TWIN
}

public func look(_ table: borrowing Shared<Table>, at index: Int) -> UInt8 {
  table.value.bytes[index & 0xffff]
}
