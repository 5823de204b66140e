// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'CString' initializer is inaccessible
import Kernel

func address(_ text: borrowing CString, _ word: inout CChar) throws(Errno) {
  try CString(&word).withUserMemory(at: 4096, byteCount: 8) { memory throws(Errno) in _ = memory.address } // MISUSE
  try text.withUserMemory(at: 4096, byteCount: 8) { memory throws(Errno) in _ = memory.address } // TWIN
}
