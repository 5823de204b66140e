// SPDX-License-Identifier: GPL-2.0-only
// An allocator's table is its own: that of another would be called with another's pool.
// EXPECT: (expression uses unsafe constructs but is not marked with 'unsafe'|does not conform to protocol 'Allocator'|cannot convert return expression)
import Zpool

@ZpoolDriver("other") // TWIN
struct Other: Allocator, ~Copyable {
  static var zpoolTable: UnsafeRawPointer { Nothing.zpoolTable }; static var zpoolName: StaticCString { "other" } // MISUSE
  init(_ flags: AllocationFlags) throws(Errno) {}
  func allocate(_ request: borrowing AllocationRequest) throws(Errno) -> Slot { throw .noSpaceLeft }
  func free(_ slot: consuming Slot) {}
  var pageCount: Int { 0 }
  var objectCount: Int { 0 }
}

@ZpoolDriver("nothing")
struct Nothing: Allocator, ~Copyable {
  init(_ flags: AllocationFlags) throws(Errno) {}
  func allocate(_ request: borrowing AllocationRequest) throws(Errno) -> Slot { throw .noSpaceLeft }
  func free(_ slot: consuming Slot) {}
  var pageCount: Int { 0 }
  var objectCount: Int { 0 }
}
