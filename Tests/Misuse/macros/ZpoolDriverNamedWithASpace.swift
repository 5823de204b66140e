// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: '@ZpoolDriver' needs a name of letters
// EXPECT: does not conform to protocol 'Allocator'
import Zpool

@ZpoolDriver("two words") // MISUSE
@ZpoolDriver("one") // TWIN
struct Named: Allocator, ~Copyable {
  init(_ flags: AllocationFlags) throws(Errno) {}
  func allocate(_ request: borrowing AllocationRequest) throws(Errno) -> Slot { throw .noSpaceLeft }
  func free(_ slot: consuming Slot) {}
  var pageCount: Int { 0 }
  var objectCount: Int { 0 }
}
