// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: expression uses unsafe constructs but is not marked with 'unsafe'
import Zpool

func call() -> Int {
  let free = ZpoolAdapter<Nothing>.free // MISUSE
  let free = 0 // TWIN
  _ = free
  return 0
}

@ZpoolDriver("nothing")
struct Nothing: Allocator, ~Copyable {
  init(_ flags: AllocationFlags) throws(Errno) {}
  func allocate(_ request: borrowing AllocationRequest) throws(Errno) -> Slot { throw .noSpaceLeft }
  func free(_ slot: consuming Slot) {}
  var pageCount: Int { 0 }
  var objectCount: Int { 0 }
}
