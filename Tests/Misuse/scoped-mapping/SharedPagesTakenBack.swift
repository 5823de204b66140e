// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
import Kernel

func read(_ pages: consuming SharedPages<0>, _ bytes: borrowing MutableBytes) throws(Errno) {
  try pages.exclusive().withBytes { source throws(Errno) in try bytes.copy(from: source) } // MISUSE
  try pages.read(at: 0, length: 8, into: bytes, at: 0) // TWIN
}
