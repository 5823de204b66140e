// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: requires that 'RawSpan' conform to 'Escapable'
import Zpool

func keep(_ object: borrowing Allocation<DirectStore<Nothing>>) -> Int {
  object.withBytes { bytes in
    let kept = SpinLock(bytes) // MISUSE
    let kept = SpinLock(bytes.byteCount) // TWIN
    return kept.withLock { _ in 0 }
  }
}

@ZpoolDriver("nothing")
struct Nothing: Allocator, ~Copyable {
  init(_ flags: AllocationFlags) throws(Errno) {}
  func allocate(_ request: borrowing AllocationRequest) throws(Errno) -> Slot { throw .noSpaceLeft }
  func free(_ slot: consuming Slot) {}
  var pageCount: Int { 0 }
  var objectCount: Int { 0 }
}
