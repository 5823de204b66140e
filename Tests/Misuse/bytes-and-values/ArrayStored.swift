// SPDX-License-Identifier: GPL-2.0-only
// An array of a driver's structs, of which each has padding.
// EXPECT: requires that 'InlineArray<4, Entry>' conform to 'FixedWidthInteger'
import Kernel

struct Entry: BitwiseCopyable {
  var kind: UInt8
  var count: UInt64
}

func write(_ table: InlineArray<4, Entry>, to bytes: borrowing MutableBytes) throws(Errno) {
  try bytes.store(table, at: 0) // MISUSE
  try bytes.store(table[0].count, at: 0) // TWIN
}
