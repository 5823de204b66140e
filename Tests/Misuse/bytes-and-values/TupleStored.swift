// SPDX-License-Identifier: GPL-2.0-only
// A tuple has padding.
// EXPECT: type '\(UInt8, UInt64\)' cannot conform to 'FixedWidthInteger'
import Kernel

func write(_ first: UInt8, _ second: UInt64, to bytes: borrowing MutableBytes) throws(Errno) {
  try bytes.store((first, second), at: 0) // MISUSE
  try bytes.store(second, at: 0) // TWIN
}
