// SPDX-License-Identifier: GPL-2.0-only
// A report of zones, which a driver fills in for the block layer.
// C header: include/linux/blkdev.h (report_zones_cb)

internal import CKernel
public import Block
public import Kernel

/// A zone report that a driver fills in. The value exists only during the call.
///
/// Invariant: `raw` is the `struct apus_zone_report` of the call, whose callback may be called
/// until the call returns.
@safe
public struct ZoneReport: ~Copyable, ~Escapable {
  private let raw: UnsafeMutablePointer<apus_zone_report>

  @unsafe @_lifetime(immortal)
  init(_ raw: UnsafeMutablePointer<apus_zone_report>) {
    // INVARIANT: the adapter makes the value for the callback and lends it.
    unsafe self.raw = raw
  }

  /// A sector in the first zone that is requested.
  public var first: Sector {
    // SAFETY: `raw` is the `struct apus_zone_report` of the call that lends this value.
    Sector(unsafe raw.pointee.first)
  }

  /// The largest number of zones that are requested.
  public var limit: Int {
    // SAFETY: `raw` is the `struct apus_zone_report` of the call that lends this value.
    Int(unsafe raw.pointee.limit)
  }

  /// Adds the next zone. Returns whether another zone is requested. A zone that is not requested is
  /// not added.
  ///
  /// Throws: `invalidArgument`, with a line in the log, for a zone that does not begin at a
  /// multiple of the zone size within the disk and after the previous zone, or is larger than the
  /// zone size; any error of the report's recipient, such as `badAddress` if a program has no
  /// memory for the zone. Nothing more is added then, and the whole report fails with this error.
  /// Context: may sleep, so not under a spin lock.
  @discardableResult
  public borrowing func add(_ zone: Zone) throws(Errno) -> Bool {
    // SAFETY: `raw` is the `struct apus_zone_report` of the call that lends this value. The
    // report's callback may be called until then.
    let isWanted = unsafe apus_zone_report_add(
      raw, zone.start.count, zone.length.count, zone.capacity.count, zone.writePointer.count,
      zone.kind.code,
      zone.condition.code, zone.wantsReset)
    // SAFETY: as above.
    try Errno.check(unsafe raw.pointee.result)
    return isWanted
  }
}
