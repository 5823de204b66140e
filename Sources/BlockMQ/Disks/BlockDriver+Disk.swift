// SPDX-License-Identifier: GPL-2.0-only
// The optional operations of a driver for its disk: the driver implements the methods in the body
// of its type.
// C header: include/linux/blkdev.h (struct block_device_operations)

internal import CKernel
public import Block
public import Kernel

// A process that has the disk open may call these operations at any time, several of them
// concurrently, and also after the disk was removed. After the removal the call fails with
// `noSuchDeviceOrAddress` and does not reach the driver. The end of the disk waits for the calls in
// progress, so none of them may wait for the end of the disk. All of them may sleep, except
// `swapSlotFreed`.

/// A driver that is called when its disk is opened, and may refuse. The corresponding C callback is
/// `open`.
public protocol OpenDiskOperation: BlockDriver, ~Copyable {
  /// The disk, or a partition of it, is being opened. The kernel also opens the disk itself, to
  /// look for partitions while the disk is being added.
  ///
  /// Throws: any error, which the opener gets; `releaseDisk` is not called for this open then.
  /// Context: may sleep. Runs under the disk's `open_mutex`: never concurrently with another
  /// `openDisk` or with `releaseDisk`.
  borrowing func openDisk(_ mode: OpenMode) throws(Errno)
}

/// A driver that is called when its disk is closed. The corresponding C callback is `release`.
public protocol ReleaseDiskOperation: BlockDriver, ~Copyable {
  /// An open handle was closed. Not called for a handle that is closed after the disk was removed.
  ///
  /// Context: as `openDisk`.
  borrowing func releaseDisk()
}

/// A driver with ioctl commands of its own. The corresponding C callbacks are `ioctl` and
/// `compat_ioctl`.
public protocol ControlOperation: BlockDriver, ~Copyable {
  /// Carries out a command that the block layer does not handle itself. The system call returns the
  /// result, which is 0 or more.
  ///
  /// Throws: any error; `inappropriateForDevice` for a command that the driver does not know.
  /// Context: process context of the caller; may sleep.
  borrowing func control(_ call: borrowing Ioctl) throws(Errno) -> Int32
}

/// A driver with a disk geometry. The corresponding C callback is `getgeo`.
public protocol GeometryOperation: BlockDriver, ~Copyable {
  /// The result of `HDIO_GETGEO`, which old partitioning programs use.
  ///
  /// Context: may sleep.
  borrowing func geometry() throws(Errno) -> DiskGeometry
}

/// A driver that is called before a user makes its disk read-only or writable. The corresponding C
/// callback is `set_read_only`.
public protocol ChangeReadOnlyOperation: BlockDriver, ~Copyable {
  /// A privileged process (`blockdev --setro`) changes the read-only state of the disk or of a
  /// partition.
  ///
  /// Throws: any error; the state does not change then.
  /// Context: may sleep.
  borrowing func changeReadOnly(to isReadOnly: Bool) throws(Errno)
}

/// A driver that frees the storage of unused swap pages. The corresponding C callback is
/// `swap_slot_free_notify`.
public protocol SwapSlotOperation: BlockDriver, ~Copyable {
  /// A page of the swap area is no longer in use: the kernel writes it before it reads it again.
  /// `page` is the number of the page, counted from the start of the disk. It is not called for a
  /// partition that does not begin at a page of the disk.
  ///
  /// Context: under locks of the memory management; must not sleep.
  borrowing func swapSlotFreed(_ page: UInt)
}

/// A driver of a disk with zones. The corresponding C callback is `report_zones`.
public protocol ReportZonesOperation: BlockDriver, ~Copyable {
  /// Adds the requested zones to the report, in order. Also called while the disk is being added.
  ///
  /// Throws: any error.
  /// Context: may sleep, as `ZoneReport.add` does; memory allocations must not start I/O.
  borrowing func reportZones(_ report: borrowing ZoneReport) throws(Errno)
}

/// A driver whose disk has a unique identifier. The corresponding C callback is `get_unique_id`.
public protocol UniqueIdentifierOperation: BlockDriver, ~Copyable {
  /// The identifier of a kind. The kernel's NFS server asks for it, and so can the owner of a
  /// `BlockDevice`.
  ///
  /// Throws: `noData` for a kind that the disk does not have.
  /// Context: may sleep.
  borrowing func uniqueIdentifier(_ kind: UniqueIdentifier.Kind) throws(Errno) -> UniqueIdentifier
}

/// A driver that knows of a backup partition table that is not at the end of the disk. The
/// corresponding C callback is `alternative_gpt_sector`.
public protocol PartitionTableOperation: BlockDriver, ~Copyable {
  /// The sector of an alternative backup GPT header. The kernel asks for it only if it was booted
  /// with `gpt` and found no valid backup header elsewhere.
  ///
  /// Throws: any error; there is no such header then.
  /// Context: may sleep; called while the kernel scans for partitions, also while the disk is being
  /// added.
  borrowing func partitionTableSector() throws(Errno) -> Sector
}

/// A driver with a removable medium. The corresponding C callback is `check_events`.
public protocol CheckEventsOperation: BlockDriver, ~Copyable {
  /// The events since the last call. A change of the medium gives the disk a new sequence number
  /// and sends a `change` event to user space. The kernel polls at the interval in the disk's
  /// `events_poll_msecs`. The default is the kernel parameter `block.events_dfl_poll_msecs`, which
  /// is 0 (no polling) unless user space sets it.
  ///
  /// - Parameter clearing: the events that the caller handles, so that the driver can clear them.
  ///
  /// Context: may sleep.
  borrowing func checkEvents(_ clearing: DiskEvents) -> DiskEvents
}

/// A driver whose disk several machines share, and one of them may reserve. The corresponding C
/// type is `struct pr_ops`; the kernel's Documentation/block/pr.rst explains each operation.
public protocol ReservationOperation: BlockDriver, ~Copyable {
  /// Changes the reservation of the disk on behalf of a program. Partitions cannot be reserved.
  ///
  /// Throws: any error.
  /// Context: may sleep.
  borrowing func changeReservation(_ change: ReservationChange) throws(Errno)
}

/// A driver that keeps data as long as a process has its disk open, also after the end of the disk:
/// for example a number or a name that no other disk may get until then.
///
/// The corresponding C callback is `free_disk`. The library does not end the data in that callback,
/// because the kernel calls it somewhat later, possibly when it no longer holds the module.
public protocol DiskDataOperation: BlockDriver, ~Copyable {
  /// Makes the data of a disk that is about to be added.
  ///
  /// The data ends after the driver's value, when the disk is removed and the last open handle is
  /// closed. The process that closes that handle ends the data, in a context that may sleep. The
  /// data ends earlier if the disk is taken away from its driver and the data may hold requests:
  /// see `Disk`.
  ///
  /// Throws: any error; the disk is not added then.
  /// Context: may sleep.
  borrowing func makeDiskData() throws(Errno) -> DiskData
}

/// Events of a disk. Combine them as in C: `.mediumChanged | .ejectRequested`.
public struct DiskEvents: Equatable, Sendable {
  let rawValue: UInt32

  init(rawValue: UInt32) { self.rawValue = rawValue }

  /// No event.
  public static var none: DiskEvents { DiskEvents(rawValue: 0) }

  /// The medium was changed. The corresponding C constant is `DISK_EVENT_MEDIA_CHANGE`.
  public static var mediumChanged: DiskEvents {
    DiskEvents(rawValue: UInt32(APUS_EVENT_MEDIA_CHANGE.rawValue))
  }

  /// The user pressed the eject button. The corresponding C constant is `DISK_EVENT_EJECT_REQUEST`.
  public static var ejectRequested: DiskEvents {
    DiskEvents(rawValue: UInt32(APUS_EVENT_EJECT_REQUEST.rawValue))
  }

  /// Whether this contains all events of `other`.
  public func contains(_ other: DiskEvents) -> Bool { rawValue & other.rawValue == other.rawValue }

  /// The events that are in either operand.
  public static func | (left: DiskEvents, right: DiskEvents) -> DiskEvents {
    DiskEvents(rawValue: left.rawValue | right.rawValue)
  }

  /// Whether both contain the same events.
  public static func == (left: DiskEvents, right: DiskEvents) -> Bool {
    left.rawValue == right.rawValue
  }
}

/// What a reservation forbids to other machines. The corresponding C type is `enum pr_type`.
public enum ReservationKind: UInt32, Sendable {
  /// Only the holder may write. The corresponding C constant is `PR_WRITE_EXCLUSIVE`.
  case writeExclusive = 1
  /// Only the holder may read or write. `PR_EXCLUSIVE_ACCESS`.
  case exclusiveAccess = 2
  /// Only machines that have registered a key may write. `PR_WRITE_EXCLUSIVE_REG_ONLY`.
  case writeExclusiveForRegistered = 3
  /// Only machines that have registered a key may read or write. `PR_EXCLUSIVE_ACCESS_REG_ONLY`.
  case exclusiveAccessForRegistered = 4
  /// As `writeExclusiveForRegistered`; all machines with a registered key hold the reservation.
  /// `PR_WRITE_EXCLUSIVE_ALL_REGS`.
  case writeExclusiveOfAllRegistered = 5
  /// As `exclusiveAccessForRegistered`; all machines with a registered key hold the reservation.
  /// `PR_EXCLUSIVE_ACCESS_ALL_REGS`.
  case exclusiveAccessOfAllRegistered = 6
}

/// A persistent reservation command. Each caller has a key, a number of its own.
///
/// (Use `if case`: for a `switch` over that many cases the compiler emits a trap.)
public enum ReservationChange: Sendable {
  /// Sets the caller's key; 0 removes it. `replacing` is the previous key, or nil to ignore the
  /// previous key. The corresponding C callback is `pr_register`.
  case register(key: UInt64, replacing: UInt64?)
  /// The caller reserves the disk. `pr_reserve`.
  case reserve(key: UInt64, ReservationKind)
  /// The caller releases its reservation. `pr_release`.
  case release(key: UInt64, ReservationKind)
  /// The caller takes over the reservation of the holder with key `of`. `aborting` says whether the
  /// commands of that holder in progress are to be aborted. `pr_preempt`.
  case preempt(key: UInt64, of: UInt64, ReservationKind, aborting: Bool)
  /// Removes all keys and reservations. `pr_clear`.
  case clear(key: UInt64)
}

/// The mode in which a disk is opened.
public struct OpenMode: Sendable {
  let rawValue: UInt32

  init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Whether the disk is opened for writing.
  public var isWritable: Bool { rawValue & APUS_OPEN_WRITE.rawValue != 0 }

  /// Whether the disk is opened for one exclusive holder, such as a file system. The corresponding
  /// C constant is `BLK_OPEN_EXCL`.
  public var isExclusive: Bool { rawValue & APUS_OPEN_EXCLUSIVE.rawValue != 0 }

  /// Whether the open does not wait for a medium: `O_NONBLOCK`.
  public var isNonBlocking: Bool { rawValue & APUS_OPEN_NONBLOCK.rawValue != 0 }
}

/// The result of `HDIO_GETGEO`. The corresponding C type is `struct hd_geometry`.
public struct DiskGeometry: Sendable {
  /// The number of heads. The corresponding C field is `heads`.
  public var heads: UInt8
  /// The number of sectors of a track.
  public var sectors: UInt8
  /// The number of cylinders. The corresponding C field is `cylinders`.
  public var cylinders: UInt16

  /// A geometry, which need not match the capacity of the disk. The kernel adds the start of the
  /// partition.
  public init(heads: UInt8, sectors: UInt8, cylinders: UInt16) {
    self.heads = heads
    self.sectors = sectors
    self.cylinders = cylinders
  }
}
