// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: left side of mutating operator|cannot use mutating member on immutable value|'self' is immutable
import Zpool

@ZpoolDriver("lockless")
struct Lockless: Allocator, ~Copyable {
  let slabs: SpinLock<SlabLists>
  let others: SlabLists
  init(_ flags: AllocationFlags) throws(Errno) {
    let others = try SlabLists(count: 1, flags)
    slabs = SpinLock(try SlabLists(count: 1, flags))
    self.others = others
  }
  func allocate(_ request: borrowing AllocationRequest) throws(Errno) -> Slot { throw .noSpaceLeft }
  func free(_ slot: consuming Slot) {
    _ = others.free(slot, sortedBy: { _ in 0 }) // MISUSE
    _ = slabs.withLock(giving: slot) { slabs, slot in slabs.free(slot, sortedBy: { _ in 0 }) } // TWIN
  }
  var pageCount: Int { 0 }
  var objectCount: Int { 0 }
}
