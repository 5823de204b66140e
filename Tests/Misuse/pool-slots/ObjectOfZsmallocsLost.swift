// SPDX-License-Identifier: GPL-2.0-only
// An allocator is handed a request, and may not have zsmalloc make an object for it that nobody ends.
// EXPECT: expression uses unsafe constructs but is not marked with 'unsafe'
import Zpool

@ZpoolDriver("losing")
struct Losing: Allocator, ~Copyable {
  let inner: KernelStore

  init(_ flags: AllocationFlags) throws(Errno) { inner = try KernelStore("inner") }
  func allocate(_ request: borrowing AllocationRequest) throws(Errno) -> Slot {
    _ = try inner.make(request) // MISUSE
    // TWIN
    throw .noSpaceLeft
  }
  func free(_ slot: consuming Slot) {}
  var pageCount: Int { inner.pageCount }
  var objectCount: Int { 0 }
}
