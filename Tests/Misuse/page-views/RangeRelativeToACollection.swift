// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: may not say 'relative'
// `relative` asks a collection, which may be the driver's own and answer anything, for the index
// behind the last one. The range that it makes may end before it begins.
public import Kernel
public func f(_ page: borrowing Page, at offset: Int) throws(Errno) -> UInt64 {
  try page.withBytes { bytes throws(Errno) in
    let range = (16...32).relative(to: 0..<64) // MISUSE
    let range = 16..<32 // TWIN
    return try bytes.extracting(range).load(as: UInt64.self, at: offset)
  }
}
