// SPDX-License-Identifier: GPL-2.0-only
// An extension of the driver's own that is a better match for the macro's call.
// EXPECT: drivers may not say 'extension ZpoolAdapter'
import Zpool
import Kernel

@ZpoolDriver("probe")
struct Probe: Allocator, ~Copyable {
  init(_ flags: AllocationFlags) throws(Errno) {}

  borrowing func allocate(_ request: borrowing AllocationRequest) throws(Errno) -> Slot { throw .outOfMemory }

  borrowing func free(_ slot: consuming Slot) {}

  var pageCount: Int { 0 }
  var objectCount: Int { 0 }
}

extension ZpoolAdapter where Driver == Probe { // MISUSE
extension Nanoseconds { // TWIN
  static func destroy(_ pool: UnsafeMutableRawPointer) {}
}
