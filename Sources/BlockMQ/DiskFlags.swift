// SPDX-License-Identifier: GPL-2.0-only
// How a disk appears.
// C header: include/linux/blkdev.h (GENHD_FL_…)

internal import CKernel

/// What a disk is besides its limits. Flags are united as in C: `.removable | .readOnly`.
public struct DiskFlags: Equatable, Sendable {
  let rawValue: UInt32

  private init(rawValue: UInt32) { self.rawValue = rawValue }

  /// An ordinary disk: writable, with partitions, not removable.
  public static var none: DiskFlags { DiskFlags(rawValue: 0) }

  /// Its medium can be taken out. The corresponding C constant is `GENHD_FL_REMOVABLE`.
  public static var removable: DiskFlags { DiskFlags(rawValue: APUS_DISK_REMOVABLE.rawValue) }

  /// Nobody looks for partitions, and none can be made. The corresponding C constant is `GENHD_FL_NO_PART`.
  public static var withoutPartitions: DiskFlags { DiskFlags(rawValue: APUS_DISK_NO_PARTITIONS.rawValue) }

  /// It cannot be written, from the beginning on. The corresponding C function is `set_disk_ro`.
  public static var readOnly: DiskFlags { DiskFlags(rawValue: APUS_DISK_READ_ONLY.rawValue) }

  /// Whether all of the other's flags are set.
  public func contains(_ other: DiskFlags) -> Bool { rawValue & other.rawValue == other.rawValue }

  public static func | (left: DiskFlags, right: DiskFlags) -> DiskFlags {
    DiskFlags(rawValue: left.rawValue | right.rawValue)
  }

  public static func == (left: DiskFlags, right: DiskFlags) -> Bool { left.rawValue == right.rawValue }
}
