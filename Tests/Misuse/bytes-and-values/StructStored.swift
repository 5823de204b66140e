// SPDX-License-Identifier: GPL-2.0-only
// A value with padding: what lay there before would go to a disk, or to a program.
// EXPECT: requires that 'Padded' conform to 'FixedWidthInteger'
import Kernel

struct Padded: BitwiseCopyable {
  var kind: UInt8
  var count: UInt64
}

func write(_ value: Padded, to bytes: borrowing MutableBytes) throws(Errno) {
  try bytes.store(value, at: 0) // MISUSE
  try bytes.store(value.count, at: 0) // TWIN
}
