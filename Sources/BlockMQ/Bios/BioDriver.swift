// SPDX-License-Identifier: GPL-2.0-only
// A driver that takes bios as they are submitted, without requests, tags and I/O schedulers.
// C header: include/linux/blkdev.h (submit_bio)

internal import CKernel
internal import Block
public import Kernel

/// The driver of a bio-based disk: one value for each disk, owned by its `BioDisk`.
///
/// Attach `@BioDriver` to the type; the macro writes the C table. The rules, and what enforces
/// them:
/// - `submit` runs on many CPUs concurrently, so the driver is only borrowed. (The types enforce
///   it.)
/// - A bio belongs to the owner of its value and completes exactly once: when the owner ends it, or
///   with an I/O error when the value ends otherwise. (The types enforce it.)
/// - The block layer does not split bios to the disk's limits: a bio is as large as its submitter
///   made it. (The driver has to handle it.)
public protocol BioDriver: ~Copyable, Sendable {
  /// Takes a bio to carry out, and owns it from here on.
  ///
  /// The corresponding C callback is `submit_bio`.
  ///
  /// Context: process context; may sleep. A bio that this method submits starts only after
  /// this method has returned.
  borrowing func submit(_ bio: consuming SubmittedBio)

  /// The C table, written by `@BioDriver`.
  @unsafe static var bioOperationsTable: UnsafeMutablePointer<DiskOperationsTable<Self>> { get }
}

/// A driver that takes bios and whose disk has zones. The corresponding C callback is
/// `report_zones`.
public protocol BioReportZonesOperation: BioDriver, ~Copyable {
  /// As `ReportZonesOperation.reportZones`.
  borrowing func reportZones(_ report: borrowing ZoneReport) throws(Errno)
}

/// The functions that the macro's code calls. A driver does not use them.
///
/// The contract of `BioDisk` and CKernel/disk.h: the first argument is the driver, which lives
/// until the call returns.
public enum BioDriverAdapter<Driver: BioDriver & ~Copyable> {
  /// `submit_bio`. Contract of the block layer: the driver owns the bio from here on.
  @inline(__always) @unsafe
  public static func submit(_ driver: UnsafeMutableRawPointer, _ bio: UnsafeMutableRawPointer) {
    // SAFETY: the contracts above; one value is made of the bio.
    unsafe driver.assumingMemoryBound(to: Driver.self).pointee.submit(SubmittedBio(bio))
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

extension BioDriverAdapter where Driver: BioReportZonesOperation & ~Copyable {
  /// `report_zones`.
  @inline(__always) @unsafe
  public static func reportZones(
    _ driver: UnsafeMutableRawPointer, _ report: UnsafeMutableRawPointer
  ) -> Int32 {
    Errno.result { () throws(Errno) in
      // SAFETY: the contract of the type; C passes a `struct apus_zone_report` that lives for the
      // call.
      let report = unsafe ZoneReport(report.assumingMemoryBound(to: apus_zone_report.self))
      try unsafe driver.assumingMemoryBound(to: Driver.self).pointee.reportZones(report)
    }
  }
}
