// SPDX-License-Identifier: GPL-2.0-only
// my_driver: an allocator for zswap that stores one compressed page in a page.

import Synchronization
import Zpool

@KernelModule(
  author: "You", description: "Compressed pages, one to a page", version: "0.1.0",
  alias: "zpool-my_driver")
struct DriverModule: KernelModule, ~Copyable {
  let registration: ZpoolRegistration<Pool>

  init() throws(Errno) { registration = try ZpoolRegistration(Pool.self) }
}

/// zswap uses it after `echo my_driver > /sys/module/zswap/parameters/zpool`.
@ZpoolDriver("my_driver")
struct Pool: Allocator, ~Copyable {
  let slabs: SpinLock<SlabLists>

  init(_ flags: AllocationFlags) throws(Errno) { slabs = SpinLock(try SlabLists(count: 1, flags)) }

  /// Makes a page for the object. Pages are allocated and freed outside of the lock.
  func allocate(_ request: borrowing AllocationRequest) throws(Errno) -> Slot {
    var slab = try Slab(pairIn: request.flags, node: request.node)
    guard let slot = slab.takeEnd(byteCount: request.byteCount) else { throw .noSpaceLeft }
    slabs.withLock(giving: slab) { slabs, slab in slabs.insert(slab, inList: 0) }
    return slot
  }

  func free(_ slot: consuming Slot) {
    let spare = slabs.withLock(giving: slot) { slabs, slot in
      slabs.freeEnd(slot, sortedBy: { _ in 0 })
    }
    _ = consume spare
  }

  var pageCount: Int { objectCount }

  var objectCount: Int { slabs.withLock { $0.objectCount } }
}
