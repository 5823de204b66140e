// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: used after consume
public import Kernel
public func both(_ page: borrowing Page, _ owner: consuming Shared<Page>) {}
public func one(_ page: borrowing Page) {}
public func f(_ flags: AllocationFlags) throws(Errno) {
  let shared = try Shared(Page(flags), flags)
  both(shared.value, shared) // MISUSE
  one(shared.value) // TWIN
}
