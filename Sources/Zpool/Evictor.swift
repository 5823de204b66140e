// SPDX-License-Identifier: GPL-2.0-only
// Having objects evicted by whom they belong to.
// C header: include/linux/zpool.h of kernels until 6.7 (struct zpool_ops)

internal import CKernel
public import Kernel

/// Who evicts objects on demand: zswap, which decompresses one, writes the page to the swap device, and frees the object.
///
/// Invariant: `operations` is null or a `struct zpool_ops`, and `zpool` the pool it is for; both stay during the call.
@safe
public struct Evictor: ~Copyable, ~Escapable {
  private let operations: UnsafeRawPointer?
  private let zpool: UnsafeMutableRawPointer?

  @_lifetime(immortal) @unsafe
  init(_ operations: UnsafeRawPointer?, _ zpool: UnsafeMutableRawPointer?) {
    // INVARIANT: the caller had both with the pool, which stays during its call.
    unsafe self.operations = operations
    unsafe self.zpool = zpool
  }

  /// The corresponding C callback is `evict`.
  func evict(_ handle: UInt) throws(Errno) {
    // SAFETY: the type's invariant. The object's block stays until the eviction is finished, so that the handle can be mapped even if
    // somebody else frees the object meanwhile.
    try Errno.check(unsafe apus_compat_zpool_evict(operations, zpool, handle))
  }
}

/// A block out of its lists, whose objects are being evicted. Objects of it may be freed meanwhile; none is added.
///
/// It goes back into its lists by `finish`. If it is dropped instead, its pages are lost, and the log says so.
///
/// Invariant: `header` is a block that this value owns, and `objects` are those it had when it was taken out.
@safe @frozen
public struct EvictedBlock: ~Copyable, @unchecked Sendable {
  @usableFromInline let header: UnsafeMutablePointer<BlockHeader>
  @usableFromInline let objects: UInt64

  @unsafe
  init(_ header: UnsafeMutablePointer<BlockHeader>) {
    // INVARIANT: the caller gives it up, and holds the lock under which objects come and go.
    unsafe self.header = header
    unsafe objects = header.pointee.used
  }

  @unsafe
  consuming func take() -> UnsafeMutablePointer<BlockHeader> {
    // SAFETY: the caller owns it from here on.
    let header = unsafe header
    discard self
    return unsafe header
  }

  deinit {
    // SAFETY: the type's invariant: no lists own it, nor will.
    unsafe header.pointee.owner = 0
    log(.error, "a block whose objects were evicted is lost")
  }

  /// How many pages the block has.
  public var pages: Int {
    // SAFETY: the type's invariant.
    Int(unsafe header.pointee.pages)
  }

  /// Has each object evicted that has not been freed meanwhile, until one cannot be.
  ///
  /// Throws: what the evictor answered; `tryAgain` for an object that its client has not written
  /// yet, and for a block whose objects were not given to a pool that has them evicted.
  /// Context: process context, with no lock held; may sleep.
  public borrowing func evictObjects(_ evictor: borrowing Evictor) throws(Errno) {
    // SAFETY: the type's invariant.
    guard unsafe header.pointee.client == UInt8(APUS_CLIENT_EVICTING.rawValue) else { throw .tryAgain }
    var left = objects
    while left != 0 {
      let bit = left & (~left &+ 1)
      left ^= bit
      // SAFETY: the type's invariant: the block is there. Others clear bits, under the lock of its
      // lists.
      guard unsafe apus_block_used(&header.pointee.used) & bit != 0 else { continue }
      // SAFETY: the number is that of an object which was there.
      let slot = unsafe Slot(block: header, index: bit.trailingZeroBitCount)
      guard unsafe apus_compat_object_is_written(slot.address) else { throw .tryAgain }
      try evictor.evict(unsafe slot.take())
    }
  }
}
