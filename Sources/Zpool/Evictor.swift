// SPDX-License-Identifier: GPL-2.0-only
// Eviction of objects by their client.
// C header: include/linux/zpool.h of kernels until 6.7 (struct zpool_ops)

internal import CKernel
public import Kernel

/// The client that evicts objects on request: zswap, which decompresses an object, writes the page
/// to the swap device, and frees the object.
///
/// Invariant: `operations` is null or a `struct zpool_ops`, and `zpool` is the pool it belongs to;
/// both stay during the call.
@safe
public struct Evictor: ~Copyable, ~Escapable {
  private let operations: UnsafeRawPointer?
  private let zpool: UnsafeMutableRawPointer?

  @_lifetime(immortal) @unsafe
  init(_ operations: UnsafeRawPointer?, _ zpool: UnsafeMutableRawPointer?) {
    // INVARIANT: the caller got both when the pool was created; they stay during its call.
    unsafe self.operations = operations
    unsafe self.zpool = zpool
  }

  /// The corresponding C callback is `evict`.
  func evict(_ handle: UInt) throws(Errno) {
    // SAFETY: the type's invariant. The object's slab stays until the eviction is finished, so the
    // handle can be mapped even if other code frees the object meanwhile.
    try Errno.check(unsafe apus_compat_zpool_evict(operations, zpool, handle))
  }
}

/// A slab that was removed from its lists and whose objects are being evicted.
///
/// Its objects may be freed meanwhile; no object is added.
///
/// `finish` puts it back into its lists. If it is dropped instead, its pages are leaked, and a
/// message goes to the kernel log.
///
/// Invariant: `header` is a slab that this value owns, and `objects` has a bit for each object
/// that the slab had when it was removed.
@safe @frozen
public struct EvictedSlab: ~Copyable, @unchecked Sendable {
  @usableFromInline let header: UnsafeMutablePointer<SlabHeader>
  @usableFromInline let objects: UInt64

  @unsafe
  init(_ header: UnsafeMutablePointer<SlabHeader>) {
    // INVARIANT: the caller gives up the slab, and holds the lock under which objects are added
    // and freed.
    unsafe self.header = header
    unsafe objects = header.pointee.used
  }

  @unsafe
  consuming func take() -> UnsafeMutablePointer<SlabHeader> {
    // SAFETY: the caller owns the slab from here on.
    let header = unsafe header
    discard self
    return unsafe header
  }

  deinit {
    // SAFETY: the type's invariant: the slab belongs to no lists, now or later.
    unsafe header.pointee.owner = 0
    log(.error, "a slab whose objects were evicted is lost")
  }

  /// The number of pages of the slab.
  public var pages: Int {
    // SAFETY: this value owns the slab, so `header` exists; `pages` does not change after
    // `Slab.init`.
    Int(unsafe header.pointee.pages)
  }

  /// Has each object evicted that has not been freed meanwhile.
  ///
  /// Stops at the first object that cannot be evicted.
  ///
  /// Throws: what the evictor returned; `tryAgain` for an object that its client has not written
  /// yet, and for a slab whose objects were not given to a pool with an evictor.
  /// Context: process context, with no lock held; may sleep.
  public borrowing func evictObjects(_ evictor: borrowing Evictor) throws(Errno) {
    // SAFETY: this value owns the slab, so `header` exists; `client` is one byte, which is set
    // once.
    guard unsafe header.pointee.client == UInt8(APUS_CLIENT_EVICTING.rawValue) else {
      throw .tryAgain
    }
    var left = objects
    while left != 0 {
      let bit = left & (~left &+ 1)
      left ^= bit
      // SAFETY: the type's invariant: the slab exists. Other code clears bits, under the lock of
      // the slab's lists.
      guard unsafe apus_slab_used(&header.pointee.used) & bit != 0 else { continue }
      // SAFETY: the bit is that of an object, which was there.
      let slot = unsafe Slot(slab: header, index: bit.trailingZeroBitCount)
      guard unsafe apus_compat_object_is_written(slot.address) else { throw .tryAgain }
      try evictor.evict(unsafe slot.take())
    }
  }
}
