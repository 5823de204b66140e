// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: overlapping accesses to 'object'
// EXPECT: missing reinitialization of closure capture 'object' after consume
import Zpool

func first(_ object: consuming Allocation<DirectStore<Nothing>>) -> Int {
  let count = object.withBytes { bytes in
    _ = consume object // MISUSE
    // TWIN
    return bytes.byteCount
  }
  return count
}

@ZpoolDriver("nothing")
struct Nothing: Allocator, ~Copyable {
  init(_ flags: AllocationFlags) throws(Errno) {}
  func allocate(_ request: borrowing AllocationRequest) throws(Errno) -> Slot { throw .noSpaceLeft }
  func free(_ slot: consuming Slot) {}
  var pageCount: Int { 0 }
  var objectCount: Int { 0 }
}
