// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: a zpool driver cannot be generic
// EXPECT: does not conform to protocol 'Allocator'
import Zpool

@ZpoolDriver("typed")
struct Typed<Element>: Allocator, ~Copyable { // MISUSE
struct Typed: Allocator, ~Copyable { // TWIN
  init(_ flags: AllocationFlags) throws(Errno) {}
  func allocate(_ request: borrowing AllocationRequest) throws(Errno) -> Slot { throw .noSpaceLeft }
  func free(_ slot: consuming Slot) {}
  var pageCount: Int { 0 }
  var objectCount: Int { 0 }
}
