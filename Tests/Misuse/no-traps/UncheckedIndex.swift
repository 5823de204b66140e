// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
import Kernel

func byte(_ table: InlineArray<16, UInt8>, _ index: Int) -> UInt8 {
  table[unchecked: index] // MISUSE
  table[index & 15] // TWIN
}
