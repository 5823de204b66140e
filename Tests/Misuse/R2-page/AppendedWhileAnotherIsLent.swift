// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: overlapping accesses to 'bio'
import Block
import Kernel

public func fill(_ bio: inout Bio<Ended>) throws(Errno) {
  try bio.withPage(at: 0) { page throws(Errno) in
    try bio.append(Page(.kernel)) // MISUSE
    _ = page.withBytes { bytes in bytes.byte(at: 0) } // TWIN
  }
}

@BioHandler
public struct Ended: BioHandler, ~Copyable {
  public consuming func ended(_ bio: consuming Bio<Self>, _ status: BlockStatus) {}
}
