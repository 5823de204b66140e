// SPDX-License-Identifier: GPL-2.0-only
// As page-views/PageEndedByItsLocalFunctionsClosure, with a closure instead of the function.
// EXPECT: drivers may not say 'a closure that takes a closure
public import Zpool

public func free(_ slot: consuming Slot, _ slab: consuming Slab) throws(Errno) -> Int {
  var lists = try SlabLists(count: 1, .kernel)
  lists.insert(slab, inList: 0)
  var slot = Optional(slot)
  let free: (() -> Void) -> Void = { meanwhile in if let slot = slot.take() { _ = lists.free(slot, sortedBy: { _ in meanwhile(); return 0 }) } }; free { _ = lists.popFirst(fromList: 0) } // MISUSE
  if let slot = slot.take() { _ = lists.free(slot, sortedBy: { _ in 0 }) } // TWIN
  return lists.objectCount
}
