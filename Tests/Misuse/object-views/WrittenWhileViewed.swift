// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: overlapping accesses to 'object'
import Zpool

func change(_ object: inout Allocation<DirectStore<Nothing>>, _ page: borrowing Page) throws(Errno) {
  try object.withBytes { bytes throws(Errno) in
    try object.write(bytes) // MISUSE
    _ = bytes // TWIN
  }
}

@ZpoolDriver("nothing")
struct Nothing: Allocator, ~Copyable {
  init(_ flags: AllocationFlags) throws(Errno) {}
  func allocate(_ request: borrowing AllocationRequest) throws(Errno) -> Slot { throw .noSpaceLeft }
  func free(_ slot: consuming Slot) {}
  var pageCount: Int { 0 }
  var objectCount: Int { 0 }
}
