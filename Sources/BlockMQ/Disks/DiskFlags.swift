// SPDX-License-Identifier: GPL-2.0-only
// Flags of a disk: removable, without partitions, read-only.
// C header: include/linux/blkdev.h (GENHD_FL_…)

internal import CKernel

/// The properties of a disk besides its limits. Combine flags as in C: `.removable | .readOnly`.
public struct DiskFlags: Equatable, Sendable {
  let rawValue: UInt32

  private init(rawValue: UInt32) { self.rawValue = rawValue }

  /// An ordinary disk: writable, with partitions, not removable.
  public static var none: DiskFlags { DiskFlags(rawValue: 0) }

  /// The medium can be removed. The corresponding C constant is `GENHD_FL_REMOVABLE`.
  public static var removable: DiskFlags { DiskFlags(rawValue: APUS_DISK_REMOVABLE.rawValue) }

  /// The kernel does not scan for partitions, and none can be created. The corresponding C constant
  /// is `GENHD_FL_NO_PART`.
  public static var withoutPartitions: DiskFlags {
    DiskFlags(rawValue: APUS_DISK_NO_PARTITIONS.rawValue)
  }

  /// The disk is read-only from the start. The corresponding C function is `set_disk_ro`.
  public static var readOnly: DiskFlags { DiskFlags(rawValue: APUS_DISK_READ_ONLY.rawValue) }

  /// Whether this contains all flags of `other`.
  public func contains(_ other: DiskFlags) -> Bool { rawValue & other.rawValue == other.rawValue }

  /// The flags that are set in either operand.
  public static func | (left: DiskFlags, right: DiskFlags) -> DiskFlags {
    DiskFlags(rawValue: left.rawValue | right.rawValue)
  }

  /// Whether the same flags are set in both.
  public static func == (left: DiskFlags, right: DiskFlags) -> Bool {
    left.rawValue == right.rawValue
  }
}
