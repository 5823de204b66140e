// SPDX-License-Identifier: GPL-2.0-only
// The configuration of the kernel that the module is built for.
// C header: include/linux/kconfig.h

internal import CKernel

/// Optional parts of the kernel.
///
/// Each property is a constant, so the compiler removes code that depends on a part the kernel
/// lacks.
public enum KernelConfiguration {
  /// Whether the kernel supports zoned block devices.
  /// The corresponding C constant is `CONFIG_BLK_DEV_ZONED`.
  @inline(__always)
  public static var hasZonedDevices: Bool { APUS_HAS_ZONED_DEVICES.rawValue != 0 }

  /// Whether the kernel has debugfs. The corresponding C constant is `CONFIG_DEBUG_FS`.
  @inline(__always)
  public static var hasDebugFS: Bool { APUS_HAS_DEBUG_FS.rawValue != 0 }

  /// Whether the module is built for a kernel of this version or a later one.
  ///
  /// It compares the version code of linux/version.h.
  @inline(__always)
  public static func isAtLeast(_ major: UInt32, _ minor: UInt32) -> Bool {
    APUS_RELEASE.rawValue &>> 8 >= (major &<< 8 | minor)
  }

  /// Whether the kernel has lockdep. The corresponding C constant is `CONFIG_LOCKDEP`.
  @inline(__always)
  public static var hasLockdep: Bool { APUS_HAS_LOCKDEP.rawValue != 0 }
}
