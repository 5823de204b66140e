// SPDX-License-Identifier: GPL-2.0-only
// A device that a target lies on.
// C header: include/linux/device-mapper.h (struct dm_dev)

internal import CKernel
public import Block
public import Kernel

/// A device below a target, open from when the target's `init` opened it (`NewTarget.open`) until the target has ended.
///
/// The library closes it, after the target's value and the bios that it submitted itself have ended: so no bio is on its way to a
/// device that is closed, whatever a driver does with this value.
///
/// A value may outlive the target, in a circle of `Shared` values. It knows then that the device is closed: it has no sectors, and I/O to
/// it is refused. A bio of a target's goes to that target's own devices only.
///
/// Invariant: the share is of a device's.
public struct UnderlyingDevice: ~Copyable, Sendable {
  let share: TargetShare

  init(_ share: consuming TargetShare) { self.share = share }

  @unsafe
  var raw: UnsafeMutablePointer<apus_dm_device> {
    // SAFETY: the caller uses it while it borrows this value.
    @inline(__always) get { unsafe share.raw }
  }

  /// The size; 0 when the target has ended. The corresponding C function is `bdev_nr_sectors`.
  ///
  /// Context: any.
  public var capacity: Sector {
    // SAFETY: the device is open for the call.
    Sector(unsafe share.whileThere { device in unsafe apus_dm_sectors(device) } ?? 0)
  }

  /// Whether it can discard; false when the target has ended.
  ///
  /// Context: any.
  public var canDiscard: Bool {
    // SAFETY: the device is open for the call.
    unsafe share.whileThere { device in unsafe apus_dm_can_discard(device) } ?? false
  }

  /// The smallest unit that can be read or written, in bytes; that of a sector when the target has ended. The corresponding C function is
  /// `bdev_logical_block_size`.
  ///
  /// Context: any.
  public var logicalBlockSize: Int {
    // SAFETY: the device is open for the call.
    unsafe share.whileThere { device in Int(unsafe apus_dm_logical_block_size(device)) } ?? Sector.byteCount
  }

  /// Whether both are the same device. (Not when the target of one has ended.)
  public borrowing func isSame(as other: borrowing UnderlyingDevice) -> Bool {
    // SAFETY: the devices are open for the calls.
    guard let number = unsafe share.whileThere({ device in unsafe apus_dm_number(device) }) else { return false }
    return unsafe other.share.whileThere { device in unsafe apus_dm_number(device) } == number
  }
}

/// A share of what a driver's value names of its target: a device, or the target itself.
///
/// Invariant: `raw` stays while there is a share. What it names is there while the target is, of which its gate tells.
@safe
@usableFromInline struct TargetShare: ~Copyable, @unchecked Sendable {
  let raw: UnsafeMutablePointer<apus_dm_device>

  @unsafe
  init(_ raw: UnsafeMutablePointer<apus_dm_device>) {
    // INVARIANT: the caller has the share.
    unsafe self.raw = raw
  }

  deinit {
    // SAFETY: the type's invariant; this is the share's end.
    unsafe apus_dm_unshare(raw)
  }

  /// Keeps the target from ending while `body` runs, which must be short; nil when it has ended.
  @inline(__always)
  borrowing func whileThere<Result, Failure: Error>(
    _ body: (UnsafeMutablePointer<apus_dm_device>) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    // SAFETY: the type's invariant; the gate is left below.
    guard unsafe apus_dm_enter(raw) else { return nil }
    defer { unsafe apus_dm_leave(raw) }
    return try unsafe body(raw)
  }
}

extension TextWriter {
  /// Appends a device's number, `8:16`, as tables and their status name devices; `0:0` when its target has ended.
  @_lifetime(self: copy self)
  public mutating func append(_ device: borrowing UnderlyingDevice) {
    // SAFETY: a user of the gate from here on, if the target is there; the name ends in a NUL and stays as long as the device.
    guard unsafe apus_dm_enter(device.raw) else { return append("0:0") }
    append(unsafe CString(apus_dm_name(device.raw)))
    unsafe apus_dm_leave(device.raw)
  }

  /// Appends a place on a device.
  @_lifetime(self: copy self)
  public mutating func append(_ sector: Sector) { append(sector.count) }
}

extension Bio where Handler: ~Copyable {
  /// Sends the bio on its way to a device below a target. As `submit(to:)` for a `BlockDevice`; the target's end waits for it.
  ///
  /// Throws: `noSuchDevice` when the target has ended, and as that does. Bio and handler have ended then.
  public consuming func submit(
    to device: borrowing UnderlyingDevice, at sector: Sector, _ operation: Operation, _ flags: OperationFlags = .none,
    extent: Sector = Sector(0), handler: consuming Handler
  ) throws(Errno) {
    // SAFETY: a user of the gate until this returns. The device's structure stays until its gate has seen the bio's end.
    guard unsafe apus_dm_enter(device.raw) else { throw .noSuchDevice }
    defer { unsafe apus_dm_leave(device.raw) }
    try unsafe submit(
      toRaw: UnsafeMutableRawPointer(apus_dm_lower(device.raw)), at: sector, operation, flags, extent: extent,
      handler: handler)
  }
}
