// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'registration' is borrowed and cannot be consumed
import Zpool

func hold<Value: ~Copyable>(_ value: consuming Value) {}

func copy(_ registration: borrowing ZpoolRegistration<Nothing>) throws(Errno) {
  hold(registration) // MISUSE
  hold(try ZpoolRegistration(Nothing.self)) // TWIN
}

@ZpoolDriver("nothing")
struct Nothing: Allocator, ~Copyable {
  init(_ flags: AllocationFlags) throws(Errno) {}
  func allocate(_ request: borrowing AllocationRequest) throws(Errno) -> Slot { throw .noSpaceLeft }
  func free(_ slot: consuming Slot) {}
  var pageCount: Int { 0 }
  var objectCount: Int { 0 }
}
