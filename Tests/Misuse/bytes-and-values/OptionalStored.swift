// SPDX-License-Identifier: GPL-2.0-only
// The payload of nothing is what lay there before.
// EXPECT: optional type 'UInt64\?' must be unwrapped|requires that 'UInt64\?' conform to 'FixedWidthInteger'|coalesce using
import Kernel

func write(_ number: UInt64?, to bytes: borrowing MutableBytes) throws(Errno) {
  try bytes.store(number, at: 0) // MISUSE
  try bytes.store(number ?? 0, at: 0) // TWIN
}
