// SPDX-License-Identifier: GPL-2.0-only
// A literal is an address: its bytes are where the module lies.
// EXPECT: requires that 'StaticCString' conform to 'FixedWidthInteger'
import Kernel

func write(_ text: StaticCString, to bytes: borrowing MutableBytes) throws(Errno) {
  try bytes.store(text, at: 0) // MISUSE
  try bytes.store(text.byte(at: 0) ?? 0, at: 0) // TWIN
}
