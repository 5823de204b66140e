// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: requires that 'RawSpan' conform to 'Escapable'
import Zpool

func first(_ object: borrowing Allocation<DirectStore<Nothing>>) -> UInt8? {
  return object.withBytes { bytes in bytes }.byte(at: 0) // MISUSE
  return object.withBytes { bytes in bytes.byte(at: 0) } // TWIN
}

@ZpoolDriver("nothing")
struct Nothing: Allocator, ~Copyable {
  init(_ flags: AllocationFlags) throws(Errno) {}
  func allocate(_ request: borrowing AllocationRequest) throws(Errno) -> Slot { throw .noSpaceLeft }
  func free(_ slot: consuming Slot) {}
  var pageCount: Int { 0 }
  var objectCount: Int { 0 }
}
