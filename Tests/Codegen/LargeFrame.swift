// SPDX-License-Identifier: GPL-2.0-only
// A function whose stack frame is larger than the kernel allows. The build must refuse it.

public func probeFrame(_ number: Int) -> UInt8 {
  var table = InlineArray<4096, UInt8>(repeating: 0)
  table[number & 4095] = 1
  return table[(number &+ 1) & 4095] &+ probeSum(table)
}

@inline(never)
func probeSum(_ table: borrowing InlineArray<4096, UInt8>) -> UInt8 { table[4] }
