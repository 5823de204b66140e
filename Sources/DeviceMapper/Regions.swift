// SPDX-License-Identifier: GPL-2.0-only
// Places on devices that the same I/O goes to.
// C header: include/linux/dm-io.h (struct dm_io_region)

internal import CKernel
public import Block
public import Kernel

/// The places on devices below a target that the same I/O goes to, all of one length: what an `IOClient` writes to at once, and what a
/// `CopyClient` copies to. The first of them has the number 0.
///
/// It exists only within the call that makes it. None of its devices is closed before it has ended.
///
/// Invariant: `raw` has `count` devices, of whose gates it is a user once for each.
@safe
public struct Regions: ~Copyable, ~Escapable {
  private var raw: apus_dm_regions

  /// The largest number. The corresponding C constant is `DM_KCOPYD_MAX_REGIONS`.
  public static var maximumCount: Int { Int(APUS_DM_REGIONS) }

  /// No places.
  @_lifetime(immortal)
  public init() {
    // INVARIANT: all zeroes: no devices.
    raw = apus_dm_regions()
  }

  deinit {
    // SAFETY: the type's invariant.
    unsafe withUnsafePointer(to: raw) { raw in unsafe apus_dm_regions_leave(raw) }
  }

  /// How many places there are.
  public var count: Int {
    Int(raw.count)
  }

  /// Adds a place behind the last one.
  ///
  /// Throws: `noSpaceLeft` if there are `maximumCount` already; `invalidArgument` for a sector that no device has; `noSuchDevice` when the
  /// device's target has ended. Nothing has changed then.
  /// Context: any.
  @_lifetime(self: copy self)
  public mutating func append(_ device: borrowing UnderlyingDevice, at sector: Sector) throws(Errno) {
    guard sector <= Sector.maximum else { throw .invalidArgument }
    // SAFETY: the device is open from here on, as the places count at its gate, or this throws.
    // (A copy, since the compiler takes a pointer to a part of this value for one that leaves its scope.)
    var places = raw
    try Errno.check(unsafe apus_dm_regions_add(&places, device.raw, sector.count))
    raw = places
  }

  /// Throws unless I/O of this length can go to the places, and changes only what was opened to be changed.
  borrowing func check(_ length: Sector, isWrite: Bool) throws(Errno) {
    guard count > 0, length <= Sector.maximum else { throw .invalidArgument }
    // SAFETY: the type's invariant.
    let isAligned = unsafe withUnsafePointer(to: raw) { raw in unsafe apus_dm_regions_are_aligned(raw, length.count) }
    guard isAligned else { throw .invalidArgument }
    if !isWrite { return }
    // SAFETY: the type's invariant.
    guard unsafe withUnsafePointer(to: raw, { raw in unsafe apus_dm_regions_are_writable(raw) }) else {
      throw .readOnly
    }
  }

  /// Lends the C structure.
  @inline(__always) @unsafe
  borrowing func withRaw<Result>(_ body: (UnsafePointer<apus_dm_regions>) -> Result) -> Result {
    // SAFETY: what the body does keeps the type's invariant.
    unsafe withUnsafePointer(to: raw) { raw in unsafe body(raw) }
  }

  /// Gives up ownership: the caller leaves the devices' gates.
  @unsafe
  consuming func take() -> apus_dm_regions {
    // INVARIANT: the caller stands for the gates from here on, and the value, which ends with this call, for none.
    let taken = raw
    raw.count = 0
    return taken
  }
}

/// Which of several places an I/O failed at.
public struct RegionErrors: Equatable, Sendable {
  let rawValue: UInt

  /// Of `count` places.
  init(rawValue: UInt, of count: Int) { self.rawValue = rawValue & ((1 &<< UInt(bitPattern: count)) &- 1) }

  /// None.
  public static var none: RegionErrors { RegionErrors(rawValue: 0, of: 0) }

  /// Whether it failed nowhere.
  public var isEmpty: Bool { rawValue == 0 }

  /// Whether it failed at the place of this number. (False for a number that none has.)
  public func contains(_ index: Int) -> Bool {
    index >= 0 && index < Regions.maximumCount && rawValue & (1 &<< UInt(bitPattern: index)) != 0
  }

  public static func == (left: RegionErrors, right: RegionErrors) -> Bool { left.rawValue == right.rawValue }
}
