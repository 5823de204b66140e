// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: lifetime-dependent
import Kernel

func keep(_ text: borrowing CString, _ page: inout Page) throws(Errno) {
  try text.withUserMemory(at: 4096, byteCount: 8) { first throws(Errno) in
    var kept = first
    try text.withUserMemory(at: 8192, byteCount: 8) { second throws(Errno) in
      kept = second // MISUSE
      _ = second.address // TWIN
    }
    kept = first
    _ = kept.address
  }
}
