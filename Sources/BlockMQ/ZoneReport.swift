// SPDX-License-Identifier: GPL-2.0-only
// The zones that somebody asks for.
// C header: include/linux/blkdev.h (report_zones_cb)

internal import CKernel
public import Block
public import Kernel

/// A report of zones that a driver is asked for, as long as the call lasts.
///
/// Invariant: `raw` is a `struct apus_zone_report` of the call's, whose callback may be called until it returns.
@safe
public struct ZoneReport: ~Copyable, ~Escapable {
  private let raw: UnsafeMutablePointer<apus_zone_report>

  @unsafe @_lifetime(immortal)
  init(_ raw: UnsafeMutablePointer<apus_zone_report>) {
    // INVARIANT: the adapter makes one for the callback, and lends it.
    unsafe self.raw = raw
  }

  /// The first zone that is wanted is the one with this sector.
  public var first: Sector {
    // SAFETY: the type's invariant.
    Sector(unsafe raw.pointee.first)
  }

  /// How many zones are wanted at most.
  public var limit: Int {
    // SAFETY: the type's invariant.
    Int(unsafe raw.pointee.limit)
  }

  /// Adds the next zone. The answer is whether another one is wanted; one that is not wanted is not added.
  ///
  /// Throws: what whoever asked answers, `badAddress` if a program has no memory for it, and then nothing more is added.
  /// Context: may sleep: not within a spin lock.
  @discardableResult
  public borrowing func add(_ zone: Zone) throws(Errno) -> Bool {
    // SAFETY: the type's invariant.
    let isWanted = unsafe apus_zone_report_add(
      raw, zone.start.count, zone.length.count, zone.capacity.count, zone.writePointer.count, zone.kind.code,
      zone.condition.code, zone.wantsReset)
    // SAFETY: as above.
    try Errno.check(unsafe raw.pointee.result)
    return isWanted
  }
}
