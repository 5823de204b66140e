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
/// Invariant: `raw` is of the list of the target whose value this one is a part of; only `init` is given one, and nothing there
/// outlives the target.
@safe
public struct UnderlyingDevice: ~Copyable, @unchecked Sendable {
  let raw: UnsafeMutablePointer<apus_dm_device>

  init(_ raw: UnsafeMutablePointer<apus_dm_device>) {
    // INVARIANT: `NewTarget.open` has it from the list.
    unsafe self.raw = raw
  }

  /// The size. The corresponding C function is `bdev_nr_sectors`.
  ///
  /// Context: any.
  public var capacity: Sector {
    // SAFETY: the type's invariant.
    Sector(unsafe apus_device_sectors(apus_dm_lower(raw)))
  }

  /// Whether it can discard.
  ///
  /// Context: any.
  public var canDiscard: Bool {
    // SAFETY: the type's invariant.
    unsafe apus_dm_can_discard(raw)
  }

  /// The smallest unit that can be read or written, in bytes. The corresponding C function is `bdev_logical_block_size`.
  ///
  /// Context: any.
  public var logicalBlockSize: Int {
    // SAFETY: the type's invariant.
    Int(unsafe apus_dm_logical_block_size(raw))
  }

  /// Whether both are the same device.
  public borrowing func isSame(as other: borrowing UnderlyingDevice) -> Bool {
    // SAFETY: the type's invariant.
    unsafe apus_device_number(apus_dm_lower(raw)) == apus_device_number(apus_dm_lower(other.raw))
  }
}

extension TextWriter {
  /// Appends a device's number, `8:16`, as tables and their status name devices.
  @_lifetime(self: copy self)
  public mutating func append(_ device: borrowing UnderlyingDevice) {
    // SAFETY: the name ends in a NUL and stays as long as the device.
    append(unsafe CString(apus_dm_name(device.raw)))
  }

  /// Appends a place on a device.
  @_lifetime(self: copy self)
  public mutating func append(_ sector: Sector) { append(sector.count) }
}

extension Bio where Handler: ~Copyable {
  /// Sends the bio on its way to a device below a target. As `submit(to:)` for a `BlockDevice`; the target's end waits for it.
  public consuming func submit(
    to device: borrowing UnderlyingDevice, at sector: Sector, _ operation: Operation, _ flags: OperationFlags = .none,
    extent: Sector = Sector(0), handler: consuming Handler
  ) throws(Errno) {
    // SAFETY: the device's structure stays until its gate has seen the bio's end.
    try unsafe submit(
      toRaw: UnsafeMutableRawPointer(apus_dm_lower(device.raw)), at: sector, operation, flags, extent: extent,
      handler: handler)
  }
}
