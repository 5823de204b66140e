// SPDX-License-Identifier: GPL-2.0-only
// Places on devices that receive the same I/O.
// C header: include/linux/dm-io.h (struct dm_io_region)

internal import CKernel
public import Block
public import Kernel

/// Places on the devices below a target that receive the same I/O, all of one length. An `IOClient`
/// writes to all places concurrently, and a `CopyClient` copies to them. The first place has the
/// number 0.
///
/// The value exists only within the call that makes it. None of its devices is closed before the
/// value is destroyed.
///
/// Invariant: `raw` has `count` devices, and holds an in-flight reference to each device for each
/// place.
@safe
public struct Regions: ~Copyable, ~Escapable {
  private var raw: apus_dm_regions

  /// The largest number of places. The corresponding C constant is `DM_KCOPYD_MAX_REGIONS`.
  public static var maximumCount: Int { Int(APUS_DM_REGIONS) }

  /// Creates a value without places.
  @_lifetime(immortal)
  public init() {
    // INVARIANT: all zeroes: no devices.
    raw = apus_dm_regions()
  }

  deinit {
    // SAFETY: each of the `count` places holds an in-flight reference to its device, and only this
    // call puts it.
    unsafe withUnsafePointer(to: raw) { raw in unsafe apus_dm_regions_leave(raw) }
  }

  /// The number of places.
  public var count: Int {
    Int(raw.count)
  }

  /// Adds a place at the end.
  ///
  /// Throws: `noSpaceLeft` if there are `maximumCount` places already; `invalidArgument` for a
  /// sector that no device can have; `noSuchDevice` if the target of the device has ended. The
  /// value is unchanged then.
  /// Context: any.
  @_lifetime(self: copy self)
  public mutating func append(_ device: borrowing UnderlyingDevice, at sector: Sector) throws(Errno)
  {
    guard sector <= Sector.maximum else { throw .invalidArgument }
    // SAFETY: the device is open from here on, as the places hold in-flight references, or this
    // throws. (The code passes a copy because the compiler treats a pointer to a part of this value
    // as escaping its scope.)
    var places = raw
    try Errno.check(unsafe apus_dm_regions_add(&places, device.raw, sector.count))
    raw = places
  }

  /// Throws unless I/O of this length can go to all places, and all devices are writable if it is a
  /// write.
  borrowing func check(_ length: Sector, isWrite: Bool) throws(Errno) {
    guard count > 0, length <= Sector.maximum else { throw .invalidArgument }
    // SAFETY: each of the `count` places holds an in-flight reference, which keeps its device.
    let isAligned = unsafe withUnsafePointer(to: raw) { raw in
      unsafe apus_dm_regions_are_aligned(raw, length.count)
    }
    guard isAligned else { throw .invalidArgument }
    if !isWrite { return }
    // SAFETY: as above.
    guard unsafe withUnsafePointer(to: raw, { raw in unsafe apus_dm_regions_are_writable(raw) })
    else {
      throw .readOnly
    }
  }

  /// Lends the C structure to `body`.
  @inline(__always) @unsafe
  borrowing func withRaw<Result>(_ body: (UnsafePointer<apus_dm_regions>) -> Result) -> Result {
    // SAFETY: the body keeps the type's invariant.
    unsafe withUnsafePointer(to: raw) { raw in unsafe body(raw) }
  }

  /// Gives up ownership: the caller must put the in-flight references.
  @unsafe
  consuming func take() -> apus_dm_regions {
    // INVARIANT: the caller holds the references from here on. The value, which is destroyed at the
    // end of this call, holds none.
    let taken = raw
    raw.count = 0
    return taken
  }
}

/// The set of places at which I/O failed.
public struct RegionErrors: Equatable, Sendable {
  let rawValue: UInt

  /// Takes the bits of `count` places.
  init(rawValue: UInt, of count: Int) {
    self.rawValue = rawValue & ((1 &<< UInt(bitPattern: count)) &- 1)
  }

  /// No places.
  public static var none: RegionErrors { RegionErrors(rawValue: 0, of: 0) }

  /// Whether the I/O succeeded at all places.
  public var isEmpty: Bool { rawValue == 0 }

  /// Whether the I/O failed at the place with this number. False for a number that no place has.
  public func contains(_ index: Int) -> Bool {
    index >= 0 && index < Regions.maximumCount && rawValue & (1 &<< UInt(bitPattern: index)) != 0
  }

  /// Whether both are the same set of places.
  public static func == (left: RegionErrors, right: RegionErrors) -> Bool {
    left.rawValue == right.rawValue
  }
}
