// SPDX-License-Identifier: GPL-2.0-only
// The C edge of a disk's own operations: from a callback in the driver's table to the driver's
// method, and the result back.
// C header: include/linux/blkdev.h (struct block_device_operations)

internal import CKernel
internal import Block
internal import Kernel

/// The functions that the macro's code calls. A driver does not use them.
///
/// The contract of `Disk` and CKernel/disk.h, for all of them: the first argument is the driver,
/// which lives until the call returns.
public enum DiskAdapter<Driver: BlockDriver & ~Copyable> {
  /// The driver that a callback was passed.
  @inline(__always) @unsafe
  private static func driver(_ raw: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Driver> {
    // SAFETY: the contract above.
    unsafe raw.assumingMemoryBound(to: Driver.self)
  }

  /// The address of the driver's table, which is a static variable and so never moves.
  @inline(__always) @unsafe
  public static func address(
    of table: UnsafeMutablePointer<DiskOperationsTable<Driver>>
  ) -> UnsafeMutablePointer<DiskOperationsTable<Driver>> {
    // SAFETY: the address is returned unchanged.
    unsafe table
  }
}

extension DiskAdapter where Driver: OpenDiskOperation & ~Copyable {
  /// `open`.
  @inline(__always) @unsafe
  public static func open(_ raw: UnsafeMutableRawPointer, _ mode: UInt32) -> Int32 {
    // SAFETY: the contract of the type.
    Errno.result { () throws(Errno) in
      try unsafe driver(raw).pointee.openDisk(OpenMode(rawValue: mode))
    }
  }
}

extension DiskAdapter where Driver: ReleaseDiskOperation & ~Copyable {
  /// `release`.
  @inline(__always) @unsafe
  public static func release(_ raw: UnsafeMutableRawPointer) {
    // SAFETY: the contract of the type.
    unsafe driver(raw).pointee.releaseDisk()
  }
}

extension DiskAdapter where Driver: ControlOperation & ~Copyable {
  /// `ioctl` and `compat_ioctl`.
  @inline(__always) @unsafe
  public static func control(
    _ raw: UnsafeMutableRawPointer, _ command: UInt32, _ argument: UInt, _ mode: UInt32
  ) -> Int32 {
    do throws(Errno) {
      // SAFETY: the contract of the type.
      let answer = try unsafe driver(raw).pointee.control(
        Ioctl(IoctlCommand(rawValue: command), argument, mode))
      return max(answer, 0)
    } catch {
      return error.kernelResult
    }
  }
}

extension DiskAdapter where Driver: GeometryOperation & ~Copyable {
  /// `getgeo`.
  @inline(__always) @unsafe
  public static func geometry(_ raw: UnsafeMutableRawPointer, _ geometry: UnsafeMutableRawPointer)
    -> Int32
  {
    Errno.result { () throws(Errno) in
      // SAFETY: the contract of the type; C passes a `struct hd_geometry` whose start sector is
      // already set.
      let known = try unsafe driver(raw).pointee.geometry()
      let place = unsafe geometry.assumingMemoryBound(to: hd_geometry.self)
      unsafe place.pointee.heads = known.heads
      unsafe place.pointee.sectors = known.sectors
      unsafe place.pointee.cylinders = known.cylinders
    }
  }
}

extension DiskAdapter where Driver: ChangeReadOnlyOperation & ~Copyable {
  /// `set_read_only`.
  @inline(__always) @unsafe
  public static func changeReadOnly(_ raw: UnsafeMutableRawPointer, _ isReadOnly: Bool) -> Int32 {
    // SAFETY: the contract of the type.
    Errno.result { () throws(Errno) in try unsafe driver(raw).pointee.changeReadOnly(to: isReadOnly)
    }
  }
}

extension DiskAdapter where Driver: SwapSlotOperation & ~Copyable {
  /// `swap_slot_free_notify`.
  @inline(__always) @unsafe
  public static func swapSlotFreed(_ raw: UnsafeMutableRawPointer, _ page: UInt) {
    // SAFETY: the contract of the type.
    unsafe driver(raw).pointee.swapSlotFreed(page)
  }
}

extension DiskAdapter where Driver: ReportZonesOperation & ~Copyable {
  /// `report_zones`.
  @inline(__always) @unsafe
  public static func reportZones(_ raw: UnsafeMutableRawPointer, _ report: UnsafeMutableRawPointer)
    -> Int32
  {
    Errno.result { () throws(Errno) in
      // SAFETY: the contract of the type; C passes a `struct apus_zone_report` that lives for the
      // call.
      let report = unsafe ZoneReport(report.assumingMemoryBound(to: apus_zone_report.self))
      try unsafe driver(raw).pointee.reportZones(report)
    }
  }
}

extension DiskAdapter where Driver: DiskDataOperation & ~Copyable {
  /// Makes the data of a disk, in memory of its own that C owns from here on. Returns null on
  /// error.
  @inline(__always) @unsafe
  public static func makeData(
    _ raw: UnsafeMutableRawPointer, _ error: UnsafeMutablePointer<Int32>
  ) -> UnsafeMutableRawPointer? {
    do throws(Errno) {
      // SAFETY: the contract of the type; `freeData` takes the memory back.
      let data = try unsafe driver(raw).pointee.makeDiskData()
      return try unsafe UnsafeMutableRawPointer(HeapBox(data, .kernel).take())
    } catch let failure {
      // SAFETY: C passes a valid pointer for the error.
      unsafe error.pointee = failure.kernelResult
      return nil
    }
  }

  /// Ends the data. C has it from `makeData` and calls this once.
  @inline(__always) @unsafe
  public static func freeData(_ raw: UnsafeMutableRawPointer) {
    // SAFETY: the contract above.
    _ = unsafe HeapBox(owning: raw.assumingMemoryBound(to: Driver.DiskData.self))
  }
}

extension DiskAdapter where Driver: UniqueIdentifierOperation & ~Copyable {
  /// `get_unique_id`: returns the length, and stores the bytes at `place`, which has room for 16.
  @inline(__always) @unsafe
  public static func uniqueIdentifier(
    _ raw: UnsafeMutableRawPointer, _ place: UnsafeMutableRawPointer, _ kind: UInt32
  ) -> Int32 {
    do throws(Errno) {
      guard let kind = UniqueIdentifier.Kind(rawValue: kind) else { throw .invalidArgument }
      // SAFETY: the contract of the type; an identifier has at most 16 bytes.
      let identifier = try unsafe driver(raw).pointee.uniqueIdentifier(kind)
      unsafe identifier.store(to: place)
      return Int32(truncatingIfNeeded: identifier.byteCount)
    } catch {
      return error.kernelResult
    }
  }
}

extension DiskAdapter where Driver: PartitionTableOperation & ~Copyable {
  /// `alternative_gpt_sector`: returns the sector, or an error.
  @inline(__always) @unsafe
  public static func partitionTableSector(_ raw: UnsafeMutableRawPointer) -> Int {
    do throws(Errno) {
      // SAFETY: the contract of the type.
      let sector = try unsafe driver(raw).pointee.partitionTableSector()
      guard let place = Int(exactly: sector.count) else { throw .invalidArgument }
      return place
    } catch {
      return Int(error.kernelResult)
    }
  }
}

extension DiskAdapter where Driver: CheckEventsOperation & ~Copyable {
  /// `check_events`.
  @inline(__always) @unsafe
  public static func checkEvents(_ raw: UnsafeMutableRawPointer, _ clearing: UInt32) -> UInt32 {
    // SAFETY: the contract of the type.
    unsafe driver(raw).pointee.checkEvents(DiskEvents(rawValue: clearing)).rawValue
  }
}

extension DiskAdapter where Driver: ReservationOperation & ~Copyable {
  /// The callbacks of `struct pr_ops`, which CKernel/disk.h combines into one.
  @inline(__always) @unsafe
  public static func changeReservation(
    _ raw: UnsafeMutableRawPointer, _ call: UnsafeMutableRawPointer
  ) -> Int32 {
    Errno.result { () throws(Errno) in
      // SAFETY: the contract of the type; C passes a `struct apus_reservation_call` that lives for
      // the call.
      let call = unsafe call.assumingMemoryBound(to: apus_reservation_call.self).pointee
      try unsafe driver(raw).pointee.changeReservation(change(call))
    }
  }

  private static func change(_ call: apus_reservation_call) throws(Errno) -> ReservationChange {
    let action = apus_reservation_action(rawValue: call.action)
    if action == APUS_RESERVATION_REGISTER {
      return .register(key: call.new_key, replacing: call.flag ? nil : call.key)
    }
    if action == APUS_RESERVATION_CLEAR { return .clear(key: call.key) }
    // (The type comes from a program, and the kernel has not checked it.)
    guard let kind = ReservationKind(rawValue: call.type) else { throw .invalidArgument }
    if action == APUS_RESERVATION_RESERVE { return .reserve(key: call.key, kind) }
    if action == APUS_RESERVATION_RELEASE { return .release(key: call.key, kind) }
    return .preempt(key: call.new_key, of: call.key, kind, aborting: call.flag)
  }
}
