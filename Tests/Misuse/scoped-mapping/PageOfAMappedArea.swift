// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: overlapping accesses to 'area'
import Kernel

func copy(_ area: inout VirtualMemory, _ other: inout VirtualMemory) throws(Errno) {
  try area.withMutableBytes { bytes throws(Errno) in
    try area.withPage(at: 0) { page throws(Errno) in // MISUSE
    try other.withPage(at: 0) { page throws(Errno) in // TWIN
      try page.read(at: 0, length: 8, into: bytes, at: 0)
    }
  }
}
