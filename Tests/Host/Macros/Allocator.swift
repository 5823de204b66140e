// SPDX-License-Identifier: GPL-2.0-only
// Allocators, one of which evicts.

import Zpool

@ZpoolDriver("plain")
struct Plain: Allocator, ~Copyable {
  init(_ flags: AllocationFlags) throws(Errno) {}
  func allocate(_ request: borrowing AllocationRequest) throws(Errno) -> Slot { throw .noSpaceLeft }
  func free(_ slot: consuming Slot) {}
  var pageCount: Int { 0 }
  var objectCount: Int { 0 }
}

@ZpoolDriver("evicting")
struct Evicting: Allocator, ~Copyable {
  init(_ flags: AllocationFlags) throws(Errno) {}
  func allocate(_ request: borrowing AllocationRequest) throws(Errno) -> Slot { throw .noSpaceLeft }
  func free(_ slot: consuming Slot) {}
  func evict(_ evictor: borrowing Evictor) throws(Errno) { throw .tryAgain }
  var pageCount: Int { 0 }
  var objectCount: Int { 0 }
}
