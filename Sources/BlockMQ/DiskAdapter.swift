// SPDX-License-Identifier: GPL-2.0-only
// The C edge of a disk's own operations: from a callback in the driver's table to the driver's method, and its answer back.
// C header: include/linux/blkdev.h (struct block_device_operations)

internal import CKernel
internal import Block
internal import Kernel

/// The calls that the macro's code makes. A driver does not use them.
///
/// The contract of `Disk` and CKernel/disk.h, for all of them: the first argument is the driver, which stays until the call returns.
public enum DiskAdapter<Driver: BlockDriver & ~Copyable> {
  /// The driver that a callback was given.
  @inline(__always) @unsafe
  private static func driver(_ raw: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Driver> {
    // SAFETY: the contract above.
    unsafe raw.assumingMemoryBound(to: Driver.self)
  }

  /// The address of the driver's table, which is a static variable and so never moves.
  @inline(__always) @unsafe
  public static func address(
    of table: UnsafeMutablePointer<DiskOperationsTable>
  ) -> UnsafeMutablePointer<DiskOperationsTable> {
    // SAFETY: the same address.
    unsafe table
  }
}

extension DiskAdapter where Driver: OpenDiskOperation & ~Copyable {
  /// `open`.
  @inline(__always) @unsafe
  public static func open(_ raw: UnsafeMutableRawPointer, _ mode: UInt32) -> Int32 {
    // SAFETY: the contract of the type.
    Errno.result { () throws(Errno) in try unsafe driver(raw).pointee.openDisk(OpenMode(rawValue: mode)) }
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
        ControlCall(ControlCommand(rawValue: command), argument, mode))
      return max(answer, 0)
    } catch {
      return error.kernelResult
    }
  }
}

extension DiskAdapter where Driver: GeometryOperation & ~Copyable {
  /// `getgeo`.
  @inline(__always) @unsafe
  public static func geometry(_ raw: UnsafeMutableRawPointer, _ geometry: UnsafeMutableRawPointer) -> Int32 {
    Errno.result { () throws(Errno) in
      // SAFETY: the contract of the type; C gives a `struct hd_geometry` whose start it has filled in.
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
    Errno.result { () throws(Errno) in try unsafe driver(raw).pointee.changeReadOnly(to: isReadOnly) }
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
  public static func reportZones(_ raw: UnsafeMutableRawPointer, _ report: UnsafeMutableRawPointer) -> Int32 {
    Errno.result { () throws(Errno) in
      // SAFETY: the contract of the type; C gives a `struct apus_zone_report` for the call.
      let report = unsafe ZoneReport(report.assumingMemoryBound(to: apus_zone_report.self))
      try unsafe driver(raw).pointee.reportZones(report)
    }
  }
}
