// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: lifetime-dependent (value|variable) '.*' escapes its scope|escapes its scope
import Zpool

func first(_ object: borrowing Allocation<DirectStore<Nothing>>, _ page: borrowing Page) -> Int {
  var kept = RawSpan()
  object.withBytes { bytes in
    kept = bytes // MISUSE
    kept = RawSpan() // TWIN
  }
  return kept.byteCount
}

@ZpoolDriver("nothing")
struct Nothing: Allocator, ~Copyable {
  init(_ flags: AllocationFlags) throws(Errno) {}
  func allocate(_ request: borrowing AllocationRequest) throws(Errno) -> Slot { throw .noSpaceLeft }
  func free(_ slot: consuming Slot) {}
  var pageCount: Int { 0 }
  var objectCount: Int { 0 }
}
