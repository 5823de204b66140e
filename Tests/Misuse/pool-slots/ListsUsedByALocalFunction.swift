// SPDX-License-Identifier: GPL-2.0-only
// What a local function changes is not looked for when a closure calls it (the compiler would ask at run time). Such a variable is in a box, and a box is an
// allocation.
// EXPECT: cannot use allocating type '.* var SlabLists .*' in -no-allocations mode
public import Zpool

public func free(_ slot: consuming Slot, _ slab: consuming Slab) throws(Errno) -> Int {
  var lists = try SlabLists(count: 1, .kernel)
  lists.insert(slab, inList: 0)
  func list() -> Int {
    _ = lists.popFirst(fromList: 0); return 0 // MISUSE
    return 0 // TWIN
  }
  let spare = lists.free(slot, sortedBy: { _ in list() })
  _ = consume spare
  return lists.objectCount
}
