// SPDX-License-Identifier: GPL-2.0-only
// A limit on the rate of copies.
// C header: include/linux/dm-kcopyd.h (struct dm_kcopyd_throttle)

internal import CKernel
public import Kernel

/// The share of time that copies may take. The value is one owner of a number that several clients
/// share.
///
/// Invariant: `raw` is memory from kmalloc with a count of its owners, of which this value is one.
@safe
public struct CopyThrottle: ~Copyable, @unchecked Sendable {
  let raw: UnsafeMutablePointer<apus_throttle>

  /// Creates a throttle.
  ///
  /// - Parameter percent: the share of time, 1...100; 100 means no limit. A number outside this
  ///   range is replaced by the nearest one in it.
  ///
  /// Throws: `outOfMemory`.
  /// Context: may sleep.
  public init(percent: Int = 100) throws(Errno) {
    // INVARIANT: all zeroes; the call below initialises it.
    let box = try HeapBox(apus_throttle(), .kernel)
    // INVARIANT: this value is the one owner.
    unsafe raw = box.take()
    // SAFETY: no other code has a pointer to the memory yet.
    unsafe apus_throttle_init(raw, CopyThrottle.number(percent))
  }

  private init(sharing raw: UnsafeMutablePointer<apus_throttle>) {
    // INVARIANT: `share` counted this owner.
    unsafe self.raw = raw
  }

  deinit {
    // SAFETY: the type's invariant. The last owner frees the memory; its contents need no
    // deinitialiser.
    unsafe apus_throttle_put(raw)
  }

  /// Returns another owner of the same throttle.
  ///
  /// Context: any.
  public borrowing func share() -> CopyThrottle {
    keepForEver()
    // SAFETY: the call above has counted this owner.
    return unsafe CopyThrottle(sharing: raw)
  }

  /// Counts an owner without a value. A client whose structure has leaked uses it, because the
  /// structure still points to the throttle.
  borrowing func keepForEver() {
    // SAFETY: the type's invariant: there is at least one owner.
    unsafe apus_throttle_get(raw)
  }

  /// The share of time, in percent.
  ///
  /// Context: any.
  public var percent: Int {
    // SAFETY: this value is one of the counted owners, so the memory exists. The number is read in
    // one access.
    Int(unsafe apus_throttle_percent(raw))
  }

  /// Sets the share of time for copies that start from now on.
  ///
  /// Context: any.
  public borrowing func set(percent: Int) {
    // SAFETY: this value is one of the counted owners, so the memory exists. The number is written
    // in one access.
    unsafe apus_throttle_set(raw, CopyThrottle.number(percent))
  }

  private static func number(_ percent: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: min(max(percent, 1), 100))
  }
}
