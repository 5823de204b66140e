// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: Escapable
// EXPECT: no calls to throwing functions occur within .try. expression
import Kernel

func address(_ text: borrowing CString) throws(Errno) -> UInt {
  try text.withUserMemory(at: 4096, byteCount: 8) { memory throws(Errno) in memory }.address // MISUSE
  try text.withUserMemory(at: 4096, byteCount: 8) { memory throws(Errno) in memory.address } // TWIN
}
