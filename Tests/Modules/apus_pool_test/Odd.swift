// SPDX-License-Identifier: GPL-2.0-only
// apus_pool_test: an allocator for zswap that tries to evict an object which zswap was never given.

import Synchronization
import Zpool

/// Stores one object per page. It reports a large pool, so that the kernel asks it to evict objects
/// (until 6.7). One of the objects that it then evicts was never returned to zswap. That object
/// lies in a page with old bytes, which zswap would take for a swap entry.
@ZpoolDriver("apus_odd")
struct Odd: Allocator, ~Copyable {
  /// Leaves room for another object in the page.
  static var maximumSize: Int { 3000 }

  let slabs: SpinLock<SlabLists>
  let refused = Atomic<Bool>(false)

  init(_ flags: AllocationFlags) throws(Errno) { slabs = SpinLock(try SlabLists(count: 1, flags)) }

  func allocate(_ request: borrowing AllocationRequest) throws(Errno) -> Slot {
    guard request.byteCount <= Odd.maximumSize else { throw .noSpaceLeft }
    // The slab is likely to get the memory of this page.
    var page = try Page(request.flags)
    try page.fill(with: 0x7f)
    _ = consume page
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

  func evict(_ evictor: borrowing Evictor) throws(Errno) {
    let found: Slot? = slabs.withLock { slabs in
      slabs.takeEnd(byteCount: 64, fromList: 0, sortedBy: { _ in 0 })
    }
    guard let kept = found else { throw .invalidArgument }
    var attempt = 0
    var isRefused = false
    while attempt < 8, let victim = slabs.withLock({ $0.popOldest() }) {
      do throws(Errno) { try victim.evictObjects(evictor) } catch {
        isRefused = isRefused || error == .tryAgain
      }
      let spare = slabs.withLock(giving: victim) { slabs, victim in
        slabs.finish(victim, sortedBy: { _ in 0 })
      }
      _ = consume spare
      attempt &+= 1
    }
    free(kept)
    if isRefused, !refused.exchange(true, ordering: .relaxed) {
      log(.info, "# an object that was not given away is not evicted")
    }
    throw .tryAgain
  }

  var pageCount: Int { objectCount == 0 ? 0 : 1 &<< 30 }

  var objectCount: Int { slabs.withLock { $0.objectCount } }
}
