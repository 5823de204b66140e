// SPDX-License-Identifier: GPL-2.0-only
// A device that a target lies on.
// C header: include/linux/device-mapper.h (struct dm_dev)

internal import CKernel
public import Block
public import Kernel

/// A device below a target. It is open from when the target's `init` opens it (`NewTarget.open`)
/// until the target has ended.
///
/// The library closes the device after the target's value has been destroyed and the bios that the
/// target itself submitted have completed. So no bio is in flight to a closed device, whatever a
/// driver does with this value.
///
/// In a reference cycle of `Shared` values, a value may outlive the target. It then behaves as a
/// closed device: it has no sectors, and refuses I/O. A bio of a target goes only to devices of
/// that target.
///
/// Invariant: `share` is a share of a device.
///
/// ```swift
/// /// A leg of a mirror: two words of a table, DEVICE START.
/// struct MirrorLeg: ~Copyable, Sendable {
///   let device: UnderlyingDevice
///   let start: Sector
///
///   init(_ target: borrowing NewTarget, _ words: borrowing Arguments, at place: Int)
///     throws(TargetError)
///   {
///     let start = try words.sector(at: place &+ 1, "Invalid device sector")
///     device = try target.open(words, at: place, "Device lookup failed")
///     self.start = start
///   }
///
///   func remap<T: Target & ~Copyable>(_ bio: consuming TargetBio<T>) -> RemappedBio<T> {
///     let sector = Sector(start.count &+ bio.targetSector.count)
///     return bio.remapped(to: device, at: sector)
///   }
///
///   func visit(_ visitor: borrowing DeviceVisitor, in target: borrowing TargetContext) {
///     visitor.visit(device, from: start, length: target.length)
///   }
/// }
/// ```
public struct UnderlyingDevice: ~Copyable, Sendable {
  let share: TargetShare

  init(_ share: consuming TargetShare) { self.share = share }

  @unsafe
  var raw: UnsafeMutablePointer<apus_dm_device> {
    // SAFETY: the caller uses the pointer while it borrows this value.
    @inline(__always) get { unsafe share.raw }
  }

  /// The size of the device; 0 if the target has ended. The corresponding C function is
  /// `bdev_nr_sectors`.
  ///
  /// Context: any.
  public var capacity: Sector {
    // SAFETY: the device is open for the call.
    Sector(unsafe share.whileThere { device in unsafe apus_dm_sectors(device) } ?? 0)
  }

  /// Whether the device supports discards; false if the target has ended.
  ///
  /// Context: any.
  public var canDiscard: Bool {
    // SAFETY: the device is open for the call.
    unsafe share.whileThere { device in unsafe apus_dm_can_discard(device) } ?? false
  }

  /// The smallest unit of a read or a write, in bytes; the size of a sector if the target has
  /// ended. The corresponding C function is `bdev_logical_block_size`.
  ///
  /// Context: any.
  public var logicalBlockSize: Int {
    // SAFETY: the device is open for the call.
    unsafe share.whileThere { device in Int(unsafe apus_dm_logical_block_size(device)) }
      ?? Sector.byteCount
  }

  /// Whether both values are the same device; false if the target of either has ended.
  public borrowing func isSame(as other: borrowing UnderlyingDevice) -> Bool {
    // SAFETY: the devices are open for the calls.
    guard let number = unsafe share.whileThere({ device in unsafe apus_dm_number(device) }) else {
      return false
    }
    return unsafe other.share.whileThere { device in unsafe apus_dm_number(device) } == number
  }
}

/// A share of the object of a target that a driver's value names: a device, or the target itself.
///
/// Invariant: `raw` stays while there is a share. The object that it names is valid as long as the
/// target is, which the in-flight count shows.
@safe
@usableFromInline struct TargetShare: ~Copyable, @unchecked Sendable {
  let raw: UnsafeMutablePointer<apus_dm_device>

  @unsafe
  init(_ raw: UnsafeMutablePointer<apus_dm_device>) {
    // INVARIANT: the caller passes on a share.
    unsafe self.raw = raw
  }

  deinit {
    // SAFETY: the type's invariant; this releases the share.
    unsafe apus_dm_unshare(raw)
  }

  /// Keeps the target from ending while `body` runs, which must be short; returns nil if the target
  /// has ended.
  @inline(__always)
  borrowing func whileThere<Result, Failure: Error>(
    _ body: (UnsafeMutablePointer<apus_dm_device>) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    // SAFETY: the type's invariant; the code puts the reference below.
    guard unsafe apus_dm_enter(raw) else { return nil }
    defer { unsafe apus_dm_leave(raw) }
    return try unsafe body(raw)
  }
}

extension TextWriter {
  /// Appends a device's number, such as `8:16`, as tables and their status name devices; `0:0` if
  /// its target has ended.
  @_lifetime(self: copy self)
  public mutating func append(_ device: borrowing UnderlyingDevice) {
    // SAFETY: after this line the call holds a reference, if the target is valid; the name ends in
    // a NUL and stays as long as the device.
    guard unsafe apus_dm_enter(device.raw) else { return append("0:0") }
    append(unsafe CString(apus_dm_name(device.raw)))
    unsafe apus_dm_leave(device.raw)
  }

  /// Appends a sector number.
  @_lifetime(self: copy self)
  public mutating func append(_ sector: Sector) { append(sector.count) }
}

extension Bio where Handler: ~Copyable {
  /// Submits the bio to a device below a target, as `submit(to:)` does for a `BlockDevice`. The
  /// target's end waits for the bio.
  ///
  /// Throws: `noSuchDevice` if the target has ended, and the errors of `submit(to:)`. The bio and
  /// the handler have been destroyed then.
  public consuming func submit(
    to device: borrowing UnderlyingDevice, at sector: Sector, _ operation: Operation,
    _ flags: OperationFlags = .none,
    extent: Sector = Sector(0), handler: consuming Handler
  ) throws(Errno) {
    // SAFETY: this call holds a reference until it returns. The bio holds one until it has
    // completed, so the device's structure stays.
    guard unsafe apus_dm_enter(device.raw) else { throw .noSuchDevice }
    defer { unsafe apus_dm_leave(device.raw) }
    try unsafe submit(
      toRaw: UnsafeMutableRawPointer(apus_dm_lower(device.raw)), at: sector, operation, flags,
      extent: extent,
      handler: handler)
  }
}
