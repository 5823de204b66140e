// SPDX-License-Identifier: GPL-2.0-only
// The operations that a driver may have for its disk: by implementing the methods in the body of its type.
// C header: include/linux/blkdev.h (struct block_device_operations)

internal import CKernel
public import Kernel

// Whoever has the disk open may call them at any time, several at once, also after the disk was taken away: then the call is answered
// with `noSuchDeviceOrAddress`, and the driver does not see it. The disk's end waits for those that are under way; so none of them may
// wait for it. All of them may sleep, but for `swapSlotFreed`.

/// A driver that is told when its disk is opened, and may refuse. The corresponding C callback is `open`.
public protocol OpenDiskOperation: BlockDriver, ~Copyable {
  /// The disk, or a partition of it, is being opened; also by the kernel, which looks for partitions while the disk is being added.
  ///
  /// Throws: anything, which whoever opens gets; there is no `releaseDisk` for it then.
  /// Context: may sleep. Not at once with another, nor with `releaseDisk`: under the disk's `open_mutex`.
  borrowing func openDisk(_ mode: OpenMode) throws(Errno)
}

/// A driver that is told when its disk is closed. The corresponding C callback is `release`.
public protocol ReleaseDiskOperation: BlockDriver, ~Copyable {
  /// A handle, of those that were opened, was closed. Not one that is closed after the disk was taken away.
  ///
  /// Context: as `openDisk`.
  borrowing func releaseDisk()
}

/// A driver with commands of its own. The corresponding C callbacks are `ioctl` and `compat_ioctl`.
public protocol ControlOperation: BlockDriver, ~Copyable {
  /// A command that the block layer does not know itself. The answer is what the system call gives, 0 at least.
  ///
  /// Throws: anything; `inappropriateForDevice` for a command that the driver does not know.
  /// Context: process context of whoever called; may sleep.
  borrowing func control(_ call: borrowing ControlCall) throws(Errno) -> Int32
}

/// A driver that knows a geometry. The corresponding C callback is `getgeo`.
public protocol GeometryOperation: BlockDriver, ~Copyable {
  /// What `HDIO_GETGEO` gives, which old partitioning programs want.
  ///
  /// Context: may sleep.
  borrowing func geometry() throws(Errno) -> DiskGeometry
}

/// A driver that is asked before a user makes its disk read-only, or writable. The corresponding C callback is `set_read_only`.
public protocol ChangeReadOnlyOperation: BlockDriver, ~Copyable {
  /// Somebody who may do so (`blockdev --setro`) wants it changed, of the disk or a partition.
  ///
  /// Throws: anything, and it stays as it was.
  /// Context: may sleep.
  borrowing func changeReadOnly(to isReadOnly: Bool) throws(Errno)
}

/// A driver that gives back what a page of swap occupied. The corresponding C callback is `swap_slot_free_notify`.
public protocol SwapSlotOperation: BlockDriver, ~Copyable {
  /// The content of a page, counted from the beginning of the disk, will not be read before it is written again.
  ///
  /// Context: under locks of the memory management; must not sleep.
  borrowing func swapSlotFreed(_ page: UInt)
}

/// A driver of a disk with zones. The corresponding C callback is `report_zones`.
public protocol ReportZonesOperation: BlockDriver, ~Copyable {
  /// Adds the zones that are asked for to the report, in their order. Also called while the disk is being added.
  ///
  /// Throws: anything.
  /// Context: may sleep, and adding does; must not start I/O to get memory.
  borrowing func reportZones(_ report: borrowing ZoneReport) throws(Errno)
}

/// How a disk is opened.
public struct OpenMode: Sendable {
  let rawValue: UInt32

  init(rawValue: UInt32) { self.rawValue = rawValue }

  /// To write, too.
  public var isWritable: Bool { rawValue & APUS_OPEN_WRITE.rawValue != 0 }

  /// By one holder alone, such as a file system. The corresponding C constant is `BLK_OPEN_EXCL`.
  public var isExclusive: Bool { rawValue & APUS_OPEN_EXCLUSIVE.rawValue != 0 }

  /// Without waiting for a medium: `O_NONBLOCK`.
  public var isNonBlocking: Bool { rawValue & APUS_OPEN_NONBLOCK.rawValue != 0 }
}

/// What `HDIO_GETGEO` gives. The corresponding C type is `struct hd_geometry`.
public struct DiskGeometry: Sendable {
  public var heads: UInt8
  /// Sectors of a track.
  public var sectors: UInt8
  public var cylinders: UInt16

  public init(heads: UInt8, sectors: UInt8, cylinders: UInt16) {
    self.heads = heads
    self.sectors = sectors
    self.cylinders = cylinders
  }
}
