// SPDX-License-Identifier: GPL-2.0-only
// The table of a disk's own callbacks.
// C header: include/linux/blkdev.h (struct block_device_operations)

/// The C table of a disk's operations, with the layout of `struct apus_disk_table` (asserted in
/// CKernel/disk.h) and room for the kernel's own table at its end. Operations that a driver does
/// not implement are null in both tables.
///
/// Written by the macros `@BlockDriver` and `@BioDriver` inside the driver's type; a driver does
/// not use it. A driver cannot make the value without `unsafe`, and the table of another driver has
/// another type.
@safe
public struct DiskOperationsTable<Driver: ~Copyable> {
  // (Not optional: the library's C code never passes null here.)

  /// Opens the disk in a mode of `enum apus_open_mode`; returns 0 or a negative error. The
  /// corresponding C field of `struct apus_disk_table` is `open`.
  public typealias Open = @convention(c) (UnsafeMutableRawPointer, UInt32) -> Int32
  /// Closes an open handle of the disk. The corresponding C field of `struct apus_disk_table` is
  /// `release`.
  public typealias Release = @convention(c) (UnsafeMutableRawPointer) -> Void
  /// Carries out an ioctl: the command, its argument and the open mode; returns 0 or more, or a
  /// negative error. The corresponding C field of `struct apus_disk_table` is `control`.
  public typealias Control = @convention(c) (UnsafeMutableRawPointer, UInt32, UInt, UInt32) -> Int32
  /// Fills in a `struct hd_geometry`; returns 0 or a negative error. The corresponding C field of
  /// `struct apus_disk_table` is `geometry`.
  public typealias Geometry =
    @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> Int32
  /// Allows or refuses a change of the read-only state; returns 0 or a negative error. The
  /// corresponding C field of `struct apus_disk_table` is `set_read_only`.
  public typealias ChangeReadOnly = @convention(c) (UnsafeMutableRawPointer, Bool) -> Int32
  /// Says that a page of the disk, by number, is no longer in use. The corresponding C field of
  /// `struct apus_disk_table` is `swap_slot_freed`.
  public typealias SwapSlotFreed = @convention(c) (UnsafeMutableRawPointer, UInt) -> Void
  /// Adds zones to a `struct apus_zone_report`; returns 0 or a negative error. The corresponding C
  /// field of `struct apus_disk_table` is `report_zones`.
  public typealias ReportZones =
    @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> Int32
  /// Takes a `struct bio`, which the driver owns from then on. The corresponding C field of
  /// `struct apus_disk_table` is `submit`.
  public typealias Submit =
    @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> Void
  /// Stores an identifier of a kind (`enum blk_unique_id`) in 16 bytes; returns its length, or a
  /// negative error. The corresponding C field of `struct apus_disk_table` is `unique_id`.
  public typealias UniqueIdentifier =
    @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer, UInt32) -> Int32
  /// Returns the sector of an alternative backup GPT header, or a negative error. The corresponding
  /// C field of `struct apus_disk_table` is `table_sector`.
  public typealias TableSector = @convention(c) (UnsafeMutableRawPointer) -> Int
  /// Returns the events since the last call; the second argument has the events that the caller
  /// handles. The corresponding C field of `struct apus_disk_table` is `check_events`.
  public typealias CheckEvents = @convention(c) (UnsafeMutableRawPointer, UInt32) -> UInt32
  /// Carries out a `struct apus_reservation_call`; returns 0 or a negative error. The corresponding
  /// C field of `struct apus_disk_table` is `reserve`.
  public typealias Reserve =
    @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> Int32
  /// Makes the data of a disk. Returns null and stores a negative error if it cannot. The
  /// corresponding C field of `struct apus_disk_table` is `make_data`.
  public typealias MakeData =
    @convention(c) (UnsafeMutableRawPointer, UnsafeMutablePointer<Int32>) ->
    UnsafeMutableRawPointer?
  /// Ends the data that `MakeData` made. The corresponding C field of `struct apus_disk_table` is
  /// `free_data`.
  public typealias FreeData = @convention(c) (UnsafeMutableRawPointer) -> Void
  typealias EightWords = (UInt, UInt, UInt, UInt, UInt, UInt, UInt, UInt)

  /// The callbacks, in C's order.
  @unsafe
  struct Entries {
    var open: Open?
    var release: Release?
    var control: Control?
    var geometry: Geometry?
    var changeReadOnly: ChangeReadOnly?
    var swapSlotFreed: SwapSlotFreed?
    var reportZones: ReportZones?
    var submit: Submit?
    var uniqueIdentifier: UniqueIdentifier?
    var tableSector: TableSector?
    var checkEvents: CheckEvents?
    var reserve: Reserve?
    var makeData: MakeData?
    var freeData: FreeData?
  }

  let entries: Entries
  private var room: (EightWords, EightWords, EightWords)

  /// The entries keep the contracts of their callbacks: see `DiskAdapter`.
  @unsafe @inline(__always)
  public init(
    open: Open? = nil, release: Release? = nil, control: Control? = nil, geometry: Geometry? = nil,
    changeReadOnly: ChangeReadOnly? = nil, swapSlotFreed: SwapSlotFreed? = nil,
    reportZones: ReportZones? = nil,
    submit: Submit? = nil, uniqueIdentifier: UniqueIdentifier? = nil,
    tableSector: TableSector? = nil,
    checkEvents: CheckEvents? = nil, reserve: Reserve? = nil, makeData: MakeData? = nil,
    freeData: FreeData? = nil
  ) {
    // INVARIANT: the caller's closures keep the contracts.
    unsafe entries = Entries(
      open: open, release: release, control: control, geometry: geometry,
      changeReadOnly: changeReadOnly, swapSlotFreed: swapSlotFreed, reportZones: reportZones,
      submit: submit, uniqueIdentifier: uniqueIdentifier, tableSector: tableSector,
      checkEvents: checkEvents, reserve: reserve, makeData: makeData, freeData: freeData)
    room = ((0, 0, 0, 0, 0, 0, 0, 0), (0, 0, 0, 0, 0, 0, 0, 0), (0, 0, 0, 0, 0, 0, 0, 0))
  }
}
