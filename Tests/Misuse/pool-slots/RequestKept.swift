// SPDX-License-Identifier: GPL-2.0-only
// What an allocator is asked for is asked for once: a request that is kept would be one that nobody waits for.
// EXPECT: 'request' is borrowed and cannot be consumed
import Zpool

@ZpoolDriver("keeping")
struct Keeping: Allocator, ~Copyable {
  let last: SpinLock<AllocationRequest?>

  init(_ flags: AllocationFlags) throws(Errno) { last = SpinLock(nil) }
  func allocate(_ request: borrowing AllocationRequest) throws(Errno) -> Slot {
    hold(request) // MISUSE
    hold(request.byteCount) // TWIN
    throw .noSpaceLeft
  }
  func free(_ slot: consuming Slot) {}
  var pageCount: Int { 0 }
  var objectCount: Int { 0 }
}

func hold<Value: ~Copyable>(_ value: consuming Value) {}
