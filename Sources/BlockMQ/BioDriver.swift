// SPDX-License-Identifier: GPL-2.0-only
// A driver that takes bios as they are submitted, without requests, tags and schedulers.
// C header: include/linux/blkdev.h (submit_bio)

internal import CKernel
internal import Block
public import Kernel

/// A driver of a disk without requests: one value a disk, owned by its `BioDisk`.
///
/// Attach `@BioDriver` to the type; it writes the C table. The rules, and who keeps them:
/// - `submit` runs on many CPUs at once, so the driver is only borrowed. (The types keep it.)
/// - A bio belongs to whoever holds the value, and completes exactly once: where it is ended, or, with an I/O error, where the
///   value ends otherwise. (The types keep it.)
/// - Bios are not cut to the disk's limits: they are as large as who submits them likes. (That is the driver's affair.)
public protocol BioDriver: ~Copyable, Sendable {
  /// Takes a bio to carry out, and owns it from here on.
  ///
  /// The corresponding C callback is `submit_bio`.
  ///
  /// Context: process context; may sleep. A bio that it submits elsewhere begins when it has returned.
  borrowing func submit(_ bio: consuming SubmittedBio)

  /// The C table; written by `@BioDriver`.
  @unsafe static var bioOperationsTable: UnsafeMutablePointer<DiskOperationsTable<Self>> { get }
}

/// A driver that takes bios, of a disk with zones. The corresponding C callback is `report_zones`.
public protocol BioReportZonesOperation: BioDriver, ~Copyable {
  /// As `ReportZonesOperation`'s.
  borrowing func reportZones(_ report: borrowing ZoneReport) throws(Errno)
}

/// The calls that the macro's code makes. A driver does not use them.
///
/// The contract of `BioDisk` and CKernel/disk.h: the first argument is the driver, which stays until the call returns.
public enum BioDriverAdapter<Driver: BioDriver & ~Copyable> {
  /// `submit_bio`. Contract of the block layer: the bio is the driver's from here on.
  @inline(__always) @unsafe
  public static func submit(_ driver: UnsafeMutableRawPointer, _ bio: UnsafeMutableRawPointer) {
    // SAFETY: the contracts above: one value is made of the bio.
    unsafe driver.assumingMemoryBound(to: Driver.self).pointee.submit(SubmittedBio(bio))
  }

  /// The address of the driver's table, which is a static variable and so never moves.
  @inline(__always) @unsafe
  public static func address(
    of table: UnsafeMutablePointer<DiskOperationsTable<Driver>>
  ) -> UnsafeMutablePointer<DiskOperationsTable<Driver>> {
    // SAFETY: the same address.
    unsafe table
  }
}

extension BioDriverAdapter where Driver: BioReportZonesOperation & ~Copyable {
  /// `report_zones`.
  @inline(__always) @unsafe
  public static func reportZones(_ driver: UnsafeMutableRawPointer, _ report: UnsafeMutableRawPointer) -> Int32 {
    Errno.result { () throws(Errno) in
      // SAFETY: the contract of the type; C gives a `struct apus_zone_report` for the call.
      let report = unsafe ZoneReport(report.assumingMemoryBound(to: apus_zone_report.self))
      try unsafe driver.assumingMemoryBound(to: Driver.self).pointee.reportZones(report)
    }
  }
}
