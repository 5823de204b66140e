// SPDX-License-Identifier: GPL-2.0-only
// Many CPUs allocate at once.
// EXPECT: does not conform to protocol 'Allocator'
import Zpool

@ZpoolDriver("counting")
struct Counting: Allocator, ~Copyable {
  var freed = 0
  init(_ flags: AllocationFlags) throws(Errno) {}
  func allocate(_ request: borrowing AllocationRequest) throws(Errno) -> Slot { throw .noSpaceLeft }
  mutating func free(_ slot: consuming Slot) { freed &+= 1 } // MISUSE
  func free(_ slot: consuming Slot) {} // TWIN
  var pageCount: Int { 0 }
  var objectCount: Int { 0 }
}
