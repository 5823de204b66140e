// SPDX-License-Identifier: GPL-2.0-only
// The operations that a driver may have for its disk: by implementing the methods in the body of its type.
// C header: include/linux/blkdev.h (struct block_device_operations)

internal import CKernel
public import Block
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

/// A driver that knows a number by which its disk is told from all others. The corresponding C callback is `get_unique_id`.
public protocol UniqueIdentifierOperation: BlockDriver, ~Copyable {
  /// The identifier of a kind. The kernel's NFS server asks for it, and who has a `BlockDevice`.
  ///
  /// Throws: `noData` for a kind that the disk does not have.
  /// Context: may sleep.
  borrowing func uniqueIdentifier(_ kind: UniqueIdentifier.Kind) throws(Errno) -> UniqueIdentifier
}

/// A driver that knows where a table of partitions lies that is not at the disk's beginning or end. The corresponding C callback is
/// `alternative_gpt_sector`.
public protocol PartitionTableOperation: BlockDriver, ~Copyable {
  /// Where another header of a table (GPT) may be. The kernel asks only if it was booted with `gpt`, and found none elsewhere.
  ///
  /// Throws: anything: there is none then.
  /// Context: may sleep; while partitions are looked for, also while the disk is being added.
  borrowing func partitionTableSector() throws(Errno) -> Sector
}

/// A driver whose medium comes and goes. The corresponding C callback is `check_events`.
public protocol CheckEventsOperation: BlockDriver, ~Copyable {
  /// What has happened since the last call. A change of the medium gives the disk a new sequence number, and a program that
  /// waits for it a `change` event. The kernel asks as often as `events_poll_msecs` of the disk says, which is never at first.
  ///
  /// - Parameter clearing: what the caller takes note of.
  ///
  /// Context: may sleep.
  borrowing func checkEvents(_ clearing: DiskEvents) -> DiskEvents
}

/// A driver whose disk several machines share, of which one may reserve it for itself. The corresponding C type is `struct pr_ops`;
/// what each change means is in the kernel's Documentation/block/pr.rst.
public protocol ReservationOperation: BlockDriver, ~Copyable {
  /// Changes who has reserved the disk. (A program may; partitions cannot be reserved.)
  ///
  /// Throws: anything.
  /// Context: may sleep.
  borrowing func changeReservation(_ change: ReservationChange) throws(Errno)
}

/// A driver that keeps something for as long as somebody has its disk open, also after the disk's end: a number or a name that no other disk is to get
/// meanwhile, say. The corresponding C callback is `free_disk`, which the kernel calls somewhat later, when it may have let go of the module.
public protocol DiskDataOperation: BlockDriver, ~Copyable {
  /// The data of a disk that is about to be added. It ends after the driver's value, when the disk has been taken away and the last handle that
  /// somebody had open is closed: by whoever closes it, where it may sleep.
  ///
  /// Throws: anything: the disk is not added.
  /// Context: may sleep.
  borrowing func makeDiskData() throws(Errno) -> DiskData
}

/// What can happen to a disk. Events are united as in C: `.mediumChanged | .ejectRequested`.
public struct DiskEvents: Equatable, Sendable {
  let rawValue: UInt32

  init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Nothing.
  public static var none: DiskEvents { DiskEvents(rawValue: 0) }

  /// There is another medium. The corresponding C constant is `DISK_EVENT_MEDIA_CHANGE`.
  public static var mediumChanged: DiskEvents { DiskEvents(rawValue: UInt32(APUS_EVENT_MEDIA_CHANGE.rawValue)) }

  /// Somebody pressed the button. The corresponding C constant is `DISK_EVENT_EJECT_REQUEST`.
  public static var ejectRequested: DiskEvents { DiskEvents(rawValue: UInt32(APUS_EVENT_EJECT_REQUEST.rawValue)) }

  /// Whether all of the other's events are there.
  public func contains(_ other: DiskEvents) -> Bool { rawValue & other.rawValue == other.rawValue }

  public static func | (left: DiskEvents, right: DiskEvents) -> DiskEvents {
    DiskEvents(rawValue: left.rawValue | right.rawValue)
  }

  public static func == (left: DiskEvents, right: DiskEvents) -> Bool { left.rawValue == right.rawValue }
}

/// What a reservation keeps from whom. The corresponding C type is `enum pr_type`.
public enum ReservationKind: UInt32, Sendable {
  /// Nobody but the holder writes. The corresponding C constant is `PR_WRITE_EXCLUSIVE`.
  case writeExclusive = 1
  /// Nobody but the holder reads or writes. `PR_EXCLUSIVE_ACCESS`.
  case exclusiveAccess = 2
  /// Nobody writes who has not registered a key. `PR_WRITE_EXCLUSIVE_REG_ONLY`.
  case writeExclusiveForRegistered = 3
  /// Nobody reads or writes who has not registered a key. `PR_EXCLUSIVE_ACCESS_REG_ONLY`.
  case exclusiveAccessForRegistered = 4
  /// As `writeExclusiveForRegistered`, and all of those who have registered hold it. `PR_WRITE_EXCLUSIVE_ALL_REGS`.
  case writeExclusiveOfAllRegistered = 5
  /// As `exclusiveAccessForRegistered`, and all of those who have registered hold it. `PR_EXCLUSIVE_ACCESS_ALL_REGS`.
  case exclusiveAccessOfAllRegistered = 6
}

/// What is asked of a disk that can be reserved. Each caller has a key, a number of its own.
///
/// (Look at it with `if case`: for a `switch` over that many cases the compiler provides a trap.)
public enum ReservationChange: Sendable {
  /// The caller's key from here on, 0 for none; `replacing` is the one until here, or nil if that does not matter.
  /// The corresponding C callback is `pr_register`.
  case register(key: UInt64, replacing: UInt64?)
  /// The caller reserves the disk. `pr_reserve`.
  case reserve(key: UInt64, ReservationKind)
  /// The caller gives its reservation up. `pr_release`.
  case release(key: UInt64, ReservationKind)
  /// The caller takes the reservation of another one; what that one has under way may have to be aborted. `pr_preempt`.
  case preempt(key: UInt64, of: UInt64, ReservationKind, aborting: Bool)
  /// All keys and reservations end. `pr_clear`.
  case clear(key: UInt64)
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
