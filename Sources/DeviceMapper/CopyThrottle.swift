// SPDX-License-Identifier: GPL-2.0-only
// What slows copies down.
// C header: include/linux/dm-kcopyd.h (struct dm_kcopyd_throttle)

internal import CKernel
public import Kernel

/// How much of the time copies may take: one owner of a number that clients share.
///
/// Invariant: `raw` is memory from kmalloc with a count of the owners there are, of which this is one.
@safe
public struct CopyThrottle: ~Copyable, @unchecked Sendable {
  let raw: UnsafeMutablePointer<apus_throttle>

  /// - Parameter percent: of the time, 1...100, with 100 for no limit. (What lies beyond is taken for the nearest of these.)
  ///
  /// Throws: `outOfMemory`.
  /// Context: may sleep.
  public init(percent: Int = 100) throws(Errno) {
    // INVARIANT: all zeroes, until the next call makes it what it is.
    let box = try HeapBox(apus_throttle(), .kernel)
    // INVARIANT: one owner, this one.
    unsafe raw = box.take()
    // SAFETY: nobody else knows the memory yet.
    unsafe apus_throttle_init(raw, CopyThrottle.number(percent))
  }

  private init(sharing raw: UnsafeMutablePointer<apus_throttle>) {
    // INVARIANT: `share` counted this owner.
    unsafe self.raw = raw
  }

  deinit {
    // SAFETY: the type's invariant. The last owner frees the memory, which nothing in it has to end for.
    unsafe apus_throttle_put(raw)
  }

  /// One more owner.
  ///
  /// Context: any.
  public borrowing func share() -> CopyThrottle {
    keepForEver()
    // SAFETY: counted just now.
    return unsafe CopyThrottle(sharing: raw)
  }

  /// Counts an owner that there is none of: for a client whose structure is lost, and goes on pointing here.
  borrowing func keepForEver() {
    // SAFETY: the type's invariant: there is one owner at least.
    unsafe apus_throttle_get(raw)
  }

  /// The share of time.
  ///
  /// Context: any.
  public var percent: Int {
    // SAFETY: the type's invariant.
    Int(unsafe apus_throttle_percent(raw))
  }

  /// Sets it, for copies from here on.
  ///
  /// Context: any.
  public borrowing func set(percent: Int) {
    // SAFETY: the type's invariant.
    unsafe apus_throttle_set(raw, CopyThrottle.number(percent))
  }

  private static func number(_ percent: Int) -> UInt32 { UInt32(truncatingIfNeeded: min(max(percent, 1), 100)) }
}
